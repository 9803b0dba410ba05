// protocol/schema/: one example JSON of each frame, decoded, encoded again, complete.
#include "protocol/codec.h"
#include "protocol/detail/spec.h"
#include "tests/unit/protocol/files.h"

#include <set>

namespace skein::protocol
{
namespace
{

using test::Example;
using test::examples;

class EachExample : public testing::TestWithParam<Example>
{
};

TEST_P(EachExample, decodesAndEncodesToAnEqualValue)
{
    const Example& example = GetParam();
    std::string again;
    std::string type;
    if (example.isFromClient) {
        const auto frame = decodeClientFrame(example.text);
        ASSERT_TRUE(frame) << toString(frame.error());
        EXPECT_FALSE(std::holds_alternative<UnknownFrame>(*frame));
        type = frameType(*frame);
        again = encode(*frame);
        EXPECT_EQ(decodeClientFrame(again), frame);
    } else {
        const auto frame = decodeServerFrame(example.text);
        ASSERT_TRUE(frame) << toString(frame.error());
        EXPECT_FALSE(std::holds_alternative<UnknownFrame>(*frame));
        type = frameType(*frame);
        again = encode(*frame);
        EXPECT_EQ(decodeServerFrame(again), frame);
    }
    EXPECT_EQ(type, example.type);
    EXPECT_EQ(boost::json::parse(again), boost::json::parse(example.text));
}

TEST_P(EachExample, holdsEveryFieldOfItsFrame)
{
    const Example& example = GetParam();
    const boost::json::object object = boost::json::parse(example.text).as_object();
    for (const detail::FrameSpec& spec : detail::allFrameSpecs()) {
        if (spec.type != example.type || spec.isFromClient != example.isFromClient)
            continue;
        for (const detail::FieldSpec& field : spec.fields) {
            // Which fields an entry of the log has goes by its kind; `heads` only servers send.
            const bool isByChoice = spec.type == "event" || spec.type == "message_new" ||
                                    field.need == detail::FieldSpec::Need::OneOf ||
                                    (field.name == "heads" && spec.isFromClient);
            EXPECT_TRUE(isByChoice || object.contains(field.name)) << field.name;
        }
        for (const auto& member : object) {
            const bool isKnown =
                member.key() == "type" ||
                std::any_of(spec.fields.begin(), spec.fields.end(),
                            [&](const auto& field) { return field.name == member.key(); });
            EXPECT_TRUE(isKnown) << std::string_view(member.key());
        }
        return;
    }
    FAIL() << "no such frame";
}

INSTANTIATE_TEST_SUITE_P(Schema, EachExample, testing::ValuesIn(examples()), [](const auto& each) {
    return (each.param.isFromClient ? "client_" : "server_") + each.param.type;
});

TEST(Examples, thereIsOneForEachFrameOfBothDirections)
{
    std::set<std::pair<bool, std::string>> described;
    for (const detail::FrameSpec& spec : detail::allFrameSpecs())
        described.emplace(spec.isFromClient, spec.type);
    std::set<std::pair<bool, std::string>> present;
    for (const Example& example : examples())
        present.emplace(example.isFromClient, example.type);
    EXPECT_EQ(present, described);
    // UnknownFrame has none; LogEntry has two names.
    EXPECT_EQ(described.size(),
              std::variant_size_v<ClientFrame> - 1 + std::variant_size_v<ServerFrame> - 1 + 1);
}

} // namespace
} // namespace skein::protocol
