// Each limit of each field of each frame, exactly at it and one past. The rows are not written
// here: they come from the description that the codec itself runs on, applied to the example of
// each frame.
#include "protocol/codec.h"
#include "protocol/detail/spec.h"
#include "protocol/limits.h"
#include "tests/unit/protocol/files.h"

#include <functional>

namespace skein::protocol
{
namespace
{

namespace json = boost::json;
using detail::FieldSpec;
using detail::FrameSpec;

/// Finds the object to work on inside a copy of the example.
using Place = std::function<json::object&(json::value&)>;

json::string repeated(std::string_view unit, std::size_t times)
{
    json::string text;
    for (std::size_t i = 0; i < times; ++i)
        text.append(unit);
    return text;
}

class LimitsOfFrame
{
public:
    explicit LimitsOfFrame(const FrameSpec& frame)
        : m_frame(frame)
        , m_example(json::parse(test::exampleText(frame.isFromClient, frame.type)))
    {
    }
    int run()
    {
        fields(
            m_frame.fields, [](json::value& root) -> json::object& { return root.as_object(); },
            "");
        return m_checks;
    }

private:
    // "decoded" or the path of the field at fault.
    std::string outcome(const json::value& value)
    {
        ++m_checks;
        const std::string text = json::serialize(value);
        Error error = makeError(ErrorCode::BadField, "decoded");
        if (m_frame.isFromClient) {
            const auto frame = decodeClientFrame(text);
            if (!frame)
                error = frame.error();
        } else {
            const auto frame = decodeServerFrame(text);
            if (!frame)
                error = frame.error();
        }
        return error.code == ErrorCode::BadField ? error.detail : toString(error);
    }
    std::string with(const Place& place, const FieldSpec& field, json::value value)
    {
        json::value copy = m_example;
        json::object& object = place(copy);
        if (field.need == FieldSpec::Need::OneOf) {
            for (const char* other : {"before", "after", "around"})
                object.erase(other);
        }
        // The one rule between fields that a limit can meet: lo ≤ hi.
        if (m_frame.type == "revalidate" && field.name == "lo" && value.is_int64() &&
            value.as_int64() == kIntegerMax) {
            object["hi"] = kIntegerMax;
        }
        if (m_frame.type == "revalidate" && field.name == "hi" && value.is_int64() &&
            value.as_int64() == 0) {
            object["lo"] = 0;
        }
        object[field.name] = std::move(value);
        return outcome(copy);
    }
    std::string without(const Place& place, const FieldSpec& field)
    {
        json::value copy = m_example;
        place(copy).erase(field.name);
        return outcome(copy);
    }

    void fields(const std::vector<FieldSpec>& list, const Place& place, const std::string& prefix)
    {
        for (const FieldSpec& field : list) {
            SCOPED_TRACE(m_frame.type + ": " + prefix + field.name);
            presence(field, place, prefix + field.name);
            EXPECT_EQ(with(place, field, nullptr), prefix + field.name);
            switch (field.type) {
            case FieldSpec::Type::Text:
                text(field.text, prefix + field.name,
                     [&](json::value value) { return with(place, field, std::move(value)); });
                break;
            case FieldSpec::Type::Integer:
                integer(field, place, prefix + field.name);
                break;
            case FieldSpec::Type::Boolean:
                EXPECT_EQ(with(place, field, true), "decoded");
                EXPECT_EQ(with(place, field, false), "decoded");
                EXPECT_EQ(with(place, field, "true"), prefix + field.name);
                EXPECT_EQ(with(place, field, 1), prefix + field.name);
                break;
            case FieldSpec::Type::Name:
                name(field, place, prefix + field.name);
                break;
            case FieldSpec::Type::List:
                items(field, place, prefix + field.name);
                break;
            case FieldSpec::Type::Object:
                EXPECT_EQ(with(place, field, json::array()), prefix + field.name);
                inside(field, place, prefix + field.name);
                break;
            case FieldSpec::Type::Versions:
                EXPECT_EQ(with(place, field, {1, kIntegerMax}), "decoded");
                EXPECT_EQ(with(place, field, {1, kIntegerMax + 1}), field.name + "[1]");
                EXPECT_EQ(with(place, field, {0, 1}), field.name + "[0]");
                break;
            case FieldSpec::Type::Heads:
                heads(field, place);
                break;
            }
        }
    }

    void presence(const FieldSpec& field, const Place& place, const std::string& path)
    {
        // Which fields an entry of the log needs goes by its kind; a history request needs one
        // anchor.
        if (path.ends_with("target") || path.ends_with("member") || path == "before")
            return;
        EXPECT_EQ(without(place, field),
                  field.need == FieldSpec::Need::Required ? path : "decoded");
    }

    void text(const detail::TextRule& rule, const std::string& path,
              const std::function<std::string(json::value)>& outcomeWith)
    {
        EXPECT_EQ(outcomeWith(5), path);
        if (rule.form == detail::Form::UuidV7) {
            EXPECT_EQ(outcomeWith("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), "decoded");
            EXPECT_EQ(outcomeWith("017f22e2-79b0-7cc3-98c4-dc0c0c07398"), path);
            EXPECT_EQ(outcomeWith("017f22e2-79b0-7cc3-98c4-dc0c0c07398f0"), path);
            return;
        }
        const bool isBytes = rule.unit == detail::Unit::Bytes;
        EXPECT_EQ(outcomeWith(repeated("a", rule.max)), "decoded");
        EXPECT_EQ(outcomeWith(repeated("a", rule.max + 1)), path);
        EXPECT_EQ(outcomeWith(repeated("ა", isBytes ? rule.max / 3 : rule.max)), "decoded");
        EXPECT_EQ(outcomeWith(repeated("ა", isBytes ? rule.max / 3 + 1 : rule.max + 1)), path);
        EXPECT_EQ(outcomeWith(repeated("a", rule.min)), "decoded");
        if (rule.min > 0) {
            EXPECT_EQ(outcomeWith(repeated("a", rule.min - 1)), path);
        }
        EXPECT_EQ(outcomeWith(rule.form == detail::Form::Identifier ? "a\n" : "a"),
                  rule.form == detail::Form::Identifier ? path : "decoded");
    }

    void integer(const FieldSpec& field, const Place& place, const std::string& path)
    {
        EXPECT_EQ(with(place, field, field.integer.min), "decoded");
        EXPECT_EQ(with(place, field, field.integer.max), "decoded");
        EXPECT_EQ(with(place, field, field.integer.min - 1), path);
        EXPECT_EQ(with(place, field, field.integer.max + 1), path);
        EXPECT_EQ(with(place, field, 1.5), path);
        EXPECT_EQ(with(place, field, "1"), path);
    }

    void name(const FieldSpec& field, const Place& place, const std::string& path)
    {
        EXPECT_EQ(with(place, field, 1), path);
        EXPECT_EQ(with(place, field, "of_next_year"), m_frame.isFromClient ? path : "decoded");
        // What a kind allows in a log or in a send is the matter of tst_codec.cpp.
        const bool isJudgedElsewhere =
            field.name == "kind" && std::count(field.names.begin(), field.names.end(), "text") != 0;
        if (isJudgedElsewhere)
            return;
        for (const std::string& known : field.names)
            EXPECT_EQ(with(place, field, json::string(known)), "decoded") << known;
    }

    void items(const FieldSpec& field, const Place& place, const std::string& path)
    {
        EXPECT_EQ(with(place, field, json::object()), path);
        json::value copy = m_example;
        const json::value* const example = place(copy).if_contains(field.name);
        if (example == nullptr)
            return; // an entry of the log whose kind has no such list; another example has it
        ASSERT_FALSE(example->as_array().empty());
        const json::value smallest =
            *std::min_element(example->as_array().begin(), example->as_array().end(),
                              [](const json::value& a, const json::value& b) {
                                  return json::serialize(a).size() < json::serialize(b).size();
                              });
        EXPECT_EQ(with(place, field, json::array(field.max, smallest)), "decoded");
        EXPECT_EQ(with(place, field, json::array(field.max + 1, smallest)), path);
        EXPECT_EQ(with(place, field, json::array(field.min, smallest)), "decoded");
        if (field.min > 0) {
            EXPECT_EQ(with(place, field, json::array(field.min - 1, smallest)), path);
        }
        const FieldSpec& item = field.item.front();
        EXPECT_EQ(with(place, field, json::array{nullptr}), path + "[0]");
        if (item.type == FieldSpec::Type::Text) {
            text(item.text, path + "[0]", [&](json::value value) {
                json::array list;
                list.push_back(std::move(value));
                return with(place, field, std::move(list));
            });
        } else {
            ASSERT_EQ(item.type, FieldSpec::Type::Object);
            const std::string listName = field.name;
            fields(
                item.fields,
                [place, listName](json::value& root) -> json::object& {
                    return place(root).at(listName).as_array().front().as_object();
                },
                path + "[0].");
        }
    }

    void inside(const FieldSpec& field, const Place& place, const std::string& path)
    {
        json::value copy = m_example;
        if (!place(copy).contains(field.name))
            return;
        const std::string name = field.name;
        fields(
            field.fields,
            [place, name](json::value& root) -> json::object& {
                return place(root).at(name).as_object();
            },
            path + '.');
    }

    void heads(const FieldSpec& field, const Place& place)
    {
        json::object heads;
        for (std::size_t i = 0; i < field.max; ++i)
            heads["r" + std::to_string(i)] = 1;
        EXPECT_EQ(with(place, field, heads), "decoded");
        heads["one_more"] = 1;
        EXPECT_EQ(with(place, field, heads), field.name);
        EXPECT_EQ(with(place, field, {{repeated("a", kIdBytesMax), kIntegerMax}}), "decoded");
        EXPECT_EQ(with(place, field, {{repeated("a", kIdBytesMax + 1), 1}}), field.name);
        EXPECT_EQ(with(place, field, {{"a", kIntegerMax + 1}}), field.name);
        EXPECT_EQ(with(place, field, {{"a", -1}}), field.name);
    }

    const FrameSpec& m_frame;
    json::value m_example;
    int m_checks = 0;
};

class EachFrame : public testing::TestWithParam<FrameSpec>
{
};

TEST_P(EachFrame, isTakenAtEachLimitAndRefusedOnePast)
{
    const int checks = LimitsOfFrame(GetParam()).run();
    EXPECT_GE(checks, 3);
}

INSTANTIATE_TEST_SUITE_P(All, EachFrame, testing::ValuesIn(detail::allFrameSpecs()),
                         [](const auto& each) {
                             return (each.param.isFromClient ? "client_" : "server_") +
                                    each.param.type;
                         });

TEST(Limits, areThoseOfTheDesign)
{
    EXPECT_EQ(kClientFrameBytesMax, 65'536U);
    EXPECT_EQ(kServerFrameBytesMax, 262'144U);
    EXPECT_EQ(kDepthMax, 32U);
    EXPECT_EQ(kBodyCharactersMax, 20'000U);
    EXPECT_EQ(kRoomsPerFrameMax, 100U);
    EXPECT_EQ(kOpenRoomsMax, 128U);
    EXPECT_EQ(kSyncEventsPerRoomMax, 200U);
    EXPECT_EQ(kHistoryLimitMax, 100U);
    EXPECT_EQ(kSendWindowPerRoom, 8U);
    EXPECT_EQ(kIntegerMax, 9'007'199'254'740'991);
    EXPECT_EQ(kHeartbeatMs, 25'000);
    EXPECT_EQ(kHeartbeatGraceMs, 8'000);
    EXPECT_EQ(kEphemeralQueueBytesMax, 65'536U);
    EXPECT_EQ(kDurableQueueBytesMax, 262'144U);
    EXPECT_STREQ(kSubprotocol, "skein.v1");
}

TEST(Limits, theLongestBodyOfAnyScriptFitsTheFrame)
{
    // Three bytes to a character cover every script in daily use; four (emoji alone) do not, and
    // need not.
    EXPECT_LT(kBodyCharactersMax * 3, kClientFrameBytesMax);
}

TEST(CloseCodes, thoseFrom4500AreFinal)
{
    for (const CloseCode code :
         {CloseCode::Normal, CloseCode::ShuttingDown, CloseCode::SlowConsumer, CloseCode::StateLost,
          CloseCode::TokenExpired, CloseCode::NoPong, CloseCode::RateLimited,
          CloseCode::HelloTimeout}) {
        EXPECT_FALSE(isFinal(static_cast<std::uint16_t>(code)));
    }
    for (const CloseCode code :
         {CloseCode::InvalidToken, CloseCode::ProtocolError, CloseCode::UnsupportedVersion,
          CloseCode::Banned, CloseCode::DeviceRevoked, CloseCode::TooManyConnections}) {
        EXPECT_TRUE(isFinal(static_cast<std::uint16_t>(code)));
    }
    EXPECT_FALSE(isFinal(4499));
    EXPECT_TRUE(isFinal(4500));
    EXPECT_TRUE(isFinal(4999));
    EXPECT_FALSE(isFinal(5000));
    EXPECT_FALSE(isFinal(1006));
}

} // namespace
} // namespace skein::protocol
