// What the codec refuses, what it tolerates, and what it writes. The limits of every field:
// tst_limits.cpp.
#include "protocol/codec.h"
#include "protocol/limits.h"
#include "tests/unit/protocol/files.h"

namespace skein::protocol
{
namespace
{

ErrorCode codeOf(std::string_view text)
{
    const auto frame = decodeClientFrame(text);
    return frame ? ErrorCode::Internal : frame.error().code;
}

std::string faultOf(std::string_view text)
{
    const auto frame = decodeClientFrame(text);
    return frame ? "decoded" : toString(frame.error());
}

std::string serverFaultOf(std::string_view text)
{
    const auto frame = decodeServerFrame(text);
    return frame ? "decoded" : toString(frame.error());
}

struct Row {
    const char* name;
    std::string text;
    const char* result; ///< "decoded" or toString(error)
};

void PrintTo(const Row& row, std::ostream* out)
{
    *out << row.text.substr(0, 200);
}

std::string nameOfRow(const testing::TestParamInfo<Row>& row)
{
    return row.param.name;
}

// ---- not a frame at all ------------------------------------------------------------------------

class NotAFrame : public testing::TestWithParam<Row>
{
};

TEST_P(NotAFrame, isRefusedInBothDirections)
{
    EXPECT_EQ(faultOf(GetParam().text), GetParam().result);
    EXPECT_EQ(serverFaultOf(GetParam().text), GetParam().result);
    EXPECT_FALSE(decodeEvent(GetParam().text));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, NotAFrame,
    testing::Values(
        Row{"nothing", "", "bad_frame: not valid JSON"},
        Row{"spaces", " \n\t", "bad_frame: not valid JSON"},
        Row{"array", "[]", "bad_frame: not an object"},
        Row{"string", R"("type")", "bad_frame: not an object"},
        Row{"null", "null", "bad_frame: not an object"},
        Row{"cut", R"({"type":"ping","t":1)", "bad_frame: not valid JSON"},
        Row{"twoValues", R"({"type":"ping","t":1}{"type":"ping","t":1})",
            "bad_frame: more than one JSON value"},
        Row{"trailingComma", R"({"type":"ping","t":1,})", "bad_frame: not valid JSON"},
        Row{"comment", R"({"type":"ping",/* no */"t":1})", "bad_frame: not valid JSON"},
        Row{"singleQuotes", "{'type':'ping','t':1}", "bad_frame: not valid JSON"},
        Row{"byteOrderMark", "\xEF\xBB\xBF{\"type\":\"ping\",\"t\":1}",
            "bad_frame: not valid JSON"},
        Row{"rawControl", "{\"type\":\"ping\",\"t\":1,\"x\":\"a\nb\"}",
            "bad_frame: not valid JSON"},
        Row{"rawNul", std::string("{\"type\":\"ping\",\"t\":1}\0", 22),
            "bad_frame: more than one JSON value"},
        Row{"infinity", R"({"type":"ping","t":Infinity})", "bad_frame: not valid JSON"},
        Row{"leadingZero", R"({"type":"ping","t":01})", "bad_frame: not valid JSON"},
        Row{"invalidUtf8", "{\"type\":\"ping\",\"t\":1,\"x\":\"\xff\"}",
            "bad_frame: not valid JSON"},
        Row{"overlongUtf8", "{\"type\":\"ping\",\"t\":1,\"x\":\"\xc0\xaf\"}",
            "bad_frame: not valid JSON"},
        Row{"surrogateAsUtf8", "{\"type\":\"ping\",\"t\":1,\"x\":\"\xed\xa0\x80\"}",
            "bad_frame: not valid JSON"},
        Row{"leadingSurrogateAlone", R"({"type":"ping","t":1,"x":"\ud800"})",
            "bad_frame: not valid JSON"},
        Row{"trailingSurrogateAlone", R"({"type":"ping","t":1,"x":"\udc00"})",
            "bad_frame: not valid JSON"},
        Row{"surrogatesSwapped", R"({"type":"ping","t":1,"x":"\udc00\ud800"})",
            "bad_frame: not valid JSON"},
        Row{"surrogateInKey", R"({"type":"ping","t":1,"\ud800":1})", "bad_frame: not valid JSON"},
        Row{"duplicateKey", R"({"type":"ping","t":1,"t":1})", "bad_frame: duplicate key"},
        Row{"duplicateType", R"({"type":"ping","t":1,"type":"ping"})", "bad_frame: duplicate key"},
        Row{"duplicateUnknownKey", R"({"type":"ping","t":1,"x":1,"x":2})",
            "bad_frame: duplicate key"},
        Row{"duplicateInside", R"({"type":"ping","t":1,"x":[{"a":1,"b":2,"a":3}]})",
            "bad_frame: duplicate key"},
        Row{"duplicateByEscape", R"({"type":"ping","t":1,"\u0074":2})", "bad_frame: duplicate key"},
        Row{"duplicateEmptyKey", R"({"type":"ping","t":1,"":2,"":3})", "bad_frame: duplicate key"},
        Row{"noType", R"({"t":1})", "bad_field: type"},
        Row{"typeIsNumber", R"({"type":5,"t":1})", "bad_field: type"},
        Row{"typeIsNull", R"({"type":null})", "bad_field: type"},
        Row{"typeIsEmpty", R"({"type":""})", "bad_field: type"},
        Row{"typeHasControl", R"({"type":"a\nb"})", "bad_field: type"},
        Row{"emptyObject", "{}", "bad_field: type"}),
    nameOfRow);

TEST(Codec, findsADuplicateAmongManyKeys)
{
    for (const int keys : {23, 24, 25, 1'000}) {
        std::string text = R"({"type":"ping","t":1)";
        for (int i = 0; i < keys; ++i)
            text += ",\"k" + std::to_string(i) + "\":0";
        EXPECT_EQ(faultOf(text + "}"), "decoded") << keys;
        EXPECT_EQ(faultOf(text + ",\"k7\":0}"), "bad_frame: duplicate key") << keys;
    }
}

TEST(Codec, sameKeysInDifferentObjectsAreNoDuplicates)
{
    EXPECT_EQ(faultOf(R"({"type":"ping","t":1,"x":{"t":1,"type":{"t":1}},"y":[{"t":1},{"t":1}]})"),
              "decoded");
}

std::string nested(std::size_t depth)
{
    // The frame itself is the first level.
    std::string text = R"({"type":"ping","t":1,"x":)";
    for (std::size_t i = 1; i < depth; ++i)
        text += i % 2 != 0 ? "[" : "{\"a\":";
    text += '0';
    for (std::size_t i = depth - 1; i > 0; --i)
        text += i % 2 != 0 ? "]" : "}";
    return text + '}';
}

TEST(Codec, takesTheGreatestDepthAndRefusesOneMore)
{
    EXPECT_EQ(faultOf(nested(kDepthMax)), "decoded");
    EXPECT_EQ(faultOf(nested(kDepthMax + 1)), "bad_frame: too deep");
    EXPECT_EQ(faultOf(std::string(60'000, '[')), "bad_frame: too deep");
}

std::string ofSize(std::size_t bytes)
{
    std::string text = R"({"type":"ping","t":1,"x":")";
    text.append(bytes - text.size() - 2, 'a');
    return text + "\"}";
}

TEST(Codec, takesTheLargestFrameAndRefusesOneByteMore)
{
    EXPECT_EQ(ofSize(kClientFrameBytesMax).size(), kClientFrameBytesMax);
    EXPECT_EQ(faultOf(ofSize(kClientFrameBytesMax)), "decoded");
    EXPECT_EQ(codeOf(ofSize(kClientFrameBytesMax + 1)), ErrorCode::FrameTooLarge);
    EXPECT_EQ(serverFaultOf(ofSize(kClientFrameBytesMax + 1)), "decoded");
    EXPECT_EQ(serverFaultOf(ofSize(kServerFrameBytesMax)), "decoded");
    ASSERT_FALSE(decodeServerFrame(ofSize(kServerFrameBytesMax + 1)));
    EXPECT_EQ(decodeServerFrame(ofSize(kServerFrameBytesMax + 1)).error().code,
              ErrorCode::FrameTooLarge);
    ASSERT_FALSE(decodeEvent(ofSize(kServerFrameBytesMax + 1)));
    EXPECT_EQ(decodeEvent(ofSize(kServerFrameBytesMax + 1)).error().code, ErrorCode::FrameTooLarge);
}

TEST(Codec, sizeIsCheckedBeforeAnythingElse)
{
    EXPECT_EQ(codeOf(std::string(kClientFrameBytesMax + 1, '\xff')), ErrorCode::FrameTooLarge);
}

// ---- fields ------------------------------------------------------------------------------------

class ClientField : public testing::TestWithParam<Row>
{
};

TEST_P(ClientField, isJudged)
{
    EXPECT_EQ(faultOf(GetParam().text), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ClientField,
    testing::Values(
        Row{"missing", R"({"type":"mark_read","room":"r"})", "bad_field: seq"},
        Row{"null", R"({"type":"mark_read","room":"r","seq":null})", "bad_field: seq"},
        Row{"textForNumber", R"({"type":"mark_read","room":"r","seq":"5"})", "bad_field: seq"},
        Row{"numberForText", R"({"type":"mark_read","room":5,"seq":5})", "bad_field: room"},
        Row{"fraction", R"({"type":"mark_read","room":"r","seq":1.5})", "bad_field: seq"},
        Row{"wholeButWrittenAsFraction", R"({"type":"mark_read","room":"r","seq":1.0})",
            "bad_field: seq"},
        Row{"exponent", R"({"type":"mark_read","room":"r","seq":1e3})", "bad_field: seq"},
        Row{"negative", R"({"type":"mark_read","room":"r","seq":-1})", "bad_field: seq"},
        Row{"beyondInt64", R"({"type":"mark_read","room":"r","seq":9223372036854775808})",
            "bad_field: seq"},
        Row{"beyondUint64", R"({"type":"mark_read","room":"r","seq":99999999999999999999})",
            "bad_field: seq"},
        Row{"numberForTruth", R"({"type":"typing","room":"r","on":1})", "bad_field: on"},
        Row{"textForTruth", R"({"type":"typing","room":"r","on":"true"})", "bad_field: on"},
        Row{"objectForList", R"({"type":"mark_delivered","rooms":{}})", "bad_field: rooms"},
        Row{"listForObject", R"({"type":"mark_delivered","rooms":[[]]})", "bad_field: rooms[0]"},
        Row{"pathIntoAList",
            R"({"type":"mark_delivered","rooms":[{"room":"a","seq":1},{"room":"b","seq":-1}]})",
            "bad_field: rooms[1].seq"},
        Row{"pathToTextInAList", R"({"type":"hello","v":[1,1],"device_id":"d","caps":["a",""]})",
            "bad_field: caps[1]"},
        Row{"emptyId", R"({"type":"mark_read","room":"","seq":5})", "bad_field: room"},
        Row{"controlInId", R"({"type":"mark_read","room":"a\u0000b","seq":5})", "bad_field: room"},
        Row{"deleteInId", R"({"type":"mark_read","room":"a\u007fb","seq":5})", "bad_field: room"},
        Row{"controlInALongId", R"({"type":"mark_read","room":"r_abcdefghi\u001fj","seq":5})",
            "bad_field: room"},
        Row{"deleteInALongId", R"({"type":"mark_read","room":"r_abcdefghi\u007f","seq":5})",
            "bad_field: room"},
        Row{"tempIdIsNoUuid", R"({"type":"message_send","room":"r","temp_id":"t1","body":"x"})",
            "bad_field: temp_id"},
        Row{"tempIdOfVersion4",
            R"({"type":"message_send","room":"r","temp_id":"017f22e2-79b0-4cc3-98c4-dc0c0c07398f","body":"x"})",
            "bad_field: temp_id"},
        Row{"prevIsEmpty",
            R"({"type":"message_send","room":"r","temp_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","prev":"","body":"x"})",
            "bad_field: prev"},
        Row{"kindIsAMutation",
            R"({"type":"message_send","room":"r","temp_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","kind":"edit","body":"x"})",
            "bad_field: kind"},
        Row{"kindIsNotKnown",
            R"({"type":"message_send","room":"r","temp_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","kind":"poll","body":"x"})",
            "bad_field: kind"},
        Row{"kindIsTheWordUnknown",
            R"({"type":"message_send","room":"r","temp_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","kind":"unknown","body":"x"})",
            "bad_field: kind"},
        Row{"kindMayBeAbsent",
            R"({"type":"message_send","room":"r","temp_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","body":"x"})",
            "decoded"},
        Row{"roleIsNotKnown",
            R"({"type":"member_set","room":"r","temp_id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","user":"u","role":"king"})",
            "bad_field: role"},
        Row{"versionsSwapped", R"({"type":"hello","v":[2,1],"device_id":"d"})", "bad_field: v"},
        Row{"oneVersion", R"({"type":"hello","v":[1],"device_id":"d"})", "bad_field: v"},
        Row{"threeVersions", R"({"type":"hello","v":[1,1,1],"device_id":"d"})", "bad_field: v"},
        Row{"versionZero", R"({"type":"hello","v":[0,1],"device_id":"d"})", "bad_field: v[0]"},
        Row{"versionNotAList", R"({"type":"hello","v":1,"device_id":"d"})", "bad_field: v"},
        Row{"futureVersions", R"({"type":"hello","v":[7,9],"device_id":"d"})", "decoded"},
        Row{"helloWithoutToken", R"({"type":"hello","v":[1,1],"device_id":"d"})", "decoded"},
        Row{"noAnchor", R"({"type":"history_request","req":"q","room":"r"})", "bad_field: before"},
        Row{"twoAnchors",
            R"({"type":"history_request","req":"q","room":"r","before":5,"around":5})",
            "bad_field: around"},
        Row{"badAnchor", R"({"type":"history_request","req":"q","room":"r","after":-5})",
            "bad_field: after"},
        Row{"anchorZero", R"({"type":"history_request","req":"q","room":"r","before":0})",
            "decoded"},
        Row{"rangeSwapped", R"({"type":"revalidate","req":"q","room":"r","lo":5,"hi":4,"since":1})",
            "bad_field: hi"},
        Row{"headsNotAnObject", R"({"type":"pong","t":1,"heads":[]})", "bad_field: heads"},
        Row{"headNotANumber", R"({"type":"pong","t":1,"heads":{"r":"5"}})", "bad_field: heads"},
        Row{"headOfNoRoom", R"({"type":"pong","t":1,"heads":{"":5}})", "bad_field: heads"},
        Row{"unknownFieldsOfAnyShapeAreTolerated",
            R"({"x":[1,{"y":null}],"type":"ping","t":1,"z":-1.5e400000,"w":18446744073709551615})",
            "decoded"},
        Row{"orderDoesNotMatter", R"({"t":-7,"type":"ping"})", "decoded"}),
    nameOfRow);

TEST(Codec, readsTheThreeAnchorsOfHistory)
{
    using Anchor = HistoryRequest::Anchor;
    for (const auto& [name, anchor] :
         {std::pair{"before", Anchor::Before}, std::pair{"after", Anchor::After},
          std::pair{"around", Anchor::Around}}) {
        HistoryRequest request;
        request.req = RequestId("q");
        request.room = RoomId("r");
        request.anchor = anchor;
        request.seq = Seq(12);
        const std::string text = encode(ClientFrame(request));
        EXPECT_NE(text.find(std::string("\"") + name + "\":12"), text.npos) << text;
        EXPECT_EQ(decodeClientFrame(text), ClientFrame(request));
    }
}

TEST(Codec, absentFieldsTakeTheirDefaults)
{
    const auto subscribe = decodeClientFrame(R"({"type":"subscribe_room","room":"r"})");
    ASSERT_TRUE(subscribe);
    EXPECT_EQ(std::get<SubscribeRoom>(*subscribe),
              (SubscribeRoom{RoomId("r"), {}, {}, SubscribeMode::Full, {}}));
    const auto sync =
        decodeClientFrame(R"({"type":"sync_request","rooms":[{"room":"r","since":4}]})");
    ASSERT_TRUE(sync);
    EXPECT_EQ(std::get<SyncRequest>(*sync).limit, 200);
    EXPECT_TRUE(std::get<SyncRequest>(*sync).req.empty());
    const auto welcome = decodeServerFrame(
        R"({"type":"welcome","v":1,"session":"s","user":"u","heartbeat_ms":25000,"now":1,"limits":{"send_window":2}})");
    ASSERT_TRUE(welcome) << toString(welcome.error());
    EXPECT_EQ(std::get<Welcome>(*welcome).limits.sendWindow, 2);
    EXPECT_EQ(std::get<Welcome>(*welcome).limits.frameBytes, 65'536);
}

TEST(Codec, anEmptyTopicIsNotTheSameAsNone)
{
    RoomUpdate update;
    update.room = RoomId("r");
    update.tempId = TempId("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    update.topic = "";
    const std::string text = encode(ClientFrame(update));
    EXPECT_NE(text.find("\"topic\":\"\""), text.npos) << text;
    EXPECT_EQ(text.find("\"name\""), text.npos) << text;
    EXPECT_EQ(decodeClientFrame(text), ClientFrame(update));
}

// ---- what is newer than this version -----------------------------------------------------------

TEST(Codec, anUnknownTypeIsAFrameAndCarriesItsRequest)
{
    const auto frame =
        decodeClientFrame(R"({"type":"poll_create","req":"q7","options":["a","b"]})");
    ASSERT_TRUE(frame);
    EXPECT_EQ(std::get<UnknownFrame>(*frame), (UnknownFrame{"poll_create", RequestId("q7")}));
    EXPECT_EQ(frameType(*frame), "poll_create");
    EXPECT_EQ(encode(*frame), R"({"type":"poll_create","req":"q7"})");
    // There `req` may be anything, and comes back only when it could be one of ours.
    for (const std::string& req : {std::string(kIdBytesMax + 1, 'q'), std::string("a\\u0007b")}) {
        const auto odd = decodeClientFrame(R"({"type":"poll","req":")" + req + "\"}");
        ASSERT_TRUE(odd) << req;
        EXPECT_EQ(std::get<UnknownFrame>(*odd).req, RequestId()) << req;
    }
    const auto other = decodeServerFrame(R"({"type":"poll","req":{"a":1}})");
    ASSERT_TRUE(other);
    EXPECT_EQ(std::get<UnknownFrame>(*other), (UnknownFrame{"poll", {}}));
}

TEST(Codec, aTypeHasItsBound)
{
    EXPECT_EQ(faultOf(R"({"type":")" + std::string(kTypeBytesMax, 't') + "\"}"), "decoded");
    EXPECT_EQ(faultOf(R"({"type":")" + std::string(kTypeBytesMax + 1, 't') + "\"}"),
              "bad_field: type");
}

TEST(Codec, escapesAreReadWhereverTheTextLies)
{
    // On the stack and on the heap: a decoded string lies in neither, an unescaped one is a view.
    constexpr char kText[] =
        R"({"type":"typing","room":"\u10d0 \ud83d\ude42","on":true,"x\n":"\"","y":"plain"})";
    const char onTheStack[sizeof kText] =
        R"({"type":"typing","room":"\u10d0 \ud83d\ude42","on":true,"x\n":"\"","y":"plain"})";
    const std::string onTheHeap = kText;
    for (const std::string_view text :
         {std::string_view(onTheStack), std::string_view(onTheHeap)}) {
        const auto frame = decodeClientFrame(text);
        ASSERT_TRUE(frame) << toString(frame.error());
        EXPECT_EQ(std::get<TypingSet>(*frame).room, RoomId("\u10d0 \U0001F642"));
    }
}

TEST(Codec, framesOfTheOtherDirectionAreUnknown)
{
    const auto atServer = decodeClientFrame(R"({"type":"welcome"})");
    ASSERT_TRUE(atServer);
    EXPECT_TRUE(std::holds_alternative<UnknownFrame>(*atServer));
    const auto atClient = decodeServerFrame(R"({"type":"message_send"})");
    ASSERT_TRUE(atClient);
    EXPECT_TRUE(std::holds_alternative<UnknownFrame>(*atClient));
}

constexpr char kPoll[] =
    R"({"type":"event","room":"r","seq":9,"ord":4,"id":"e","sender":"u","ts":1,)"
    R"("kind":"poll","rev":9,"options":["a","b"]})";

TEST(Codec, anEventOfAnUnknownKindKeepsItsPlaceInTheLog)
{
    const auto frame = decodeServerFrame(kPoll);
    ASSERT_TRUE(frame) << toString(frame.error());
    const Event& event = std::get<LogEntry>(*frame).event;
    EXPECT_EQ(event.kind, Kind::Unknown);
    EXPECT_EQ(event.seq, Seq(9));
    EXPECT_EQ(event.ord, Ord(4));
    EXPECT_EQ(frameType(*frame), "event");
    EXPECT_EQ(decodeEvent(encodeEvent(event)), event);
}

TEST(Codec, anUnknownKindMayComeUnderEitherNameAKnownOneOnlyUnderItsOwn)
{
    std::string asMessage = kPoll;
    asMessage.replace(asMessage.find("\"event\""), 7, "\"message_new\"");
    EXPECT_EQ(serverFaultOf(asMessage), "decoded");
    std::string text = kPoll;
    text.replace(text.find("poll"), 4, "text");
    EXPECT_EQ(serverFaultOf(text), "bad_field: kind");
    std::string room = asMessage;
    room.replace(room.find("poll"), 4, "room");
    EXPECT_EQ(serverFaultOf(room), "bad_field: kind");
}

TEST(Codec, aClientTakesUnknownNamesForTheSafestOfTheirSort)
{
    const auto error =
        decodeServerFrame(R"({"type":"error","code":"quota_of_next_year","temporary":true})");
    ASSERT_TRUE(error);
    EXPECT_EQ(std::get<ErrorFrame>(*error).code, ErrorCode::Internal);
    EXPECT_TRUE(std::get<ErrorFrame>(*error).temporary);
    const auto presence = decodeServerFrame(
        R"({"type":"presence","users":[{"id":"u","status":"asleep","last_seen":0}]})");
    ASSERT_TRUE(presence);
    EXPECT_EQ(std::get<PresenceUsers>(*presence).users[0].status, PresenceStatus::Offline);
    const auto added = decodeServerFrame(
        R"({"type":"room_added","room":{"room":"r","epoch":1,"head":0,"ord":0,"read":0,"unread":0,"mentions":0,)"
        R"("kind":"broadcast","name":"n","role":"auditor","members":1,"delivered":0,"active_ts":0}})");
    ASSERT_TRUE(added) << toString(added.error());
    EXPECT_EQ(std::get<RoomAdded>(*added).room.kind, RoomKind::General);
    EXPECT_EQ(std::get<RoomAdded>(*added).room.role, Role::Member);
}

TEST(Codec, aServerTakesNoUnknownNames)
{
    EXPECT_EQ(faultOf(R"({"type":"presence","status":"asleep"})"), "bad_field: status");
    EXPECT_EQ(faultOf(R"({"type":"subscribe_room","room":"r","mode":"half"})"), "bad_field: mode");
}

TEST(Codec, mutationsNameWhatTheyChange)
{
    const std::string rest =
        R"(","room":"r","seq":9,"ord":4,"id":"e","sender":"u","ts":1,"rev":9})";
    for (const char* kind : {"edit", "delete", "reaction", "pin"})
        EXPECT_EQ(serverFaultOf(std::string(R"({"type":"event","kind":")") + kind + rest),
                  "bad_field: target");
    EXPECT_EQ(serverFaultOf(R"({"type":"event","kind":"member)" + rest), "bad_field: member");
    EXPECT_EQ(serverFaultOf(R"({"type":"event","kind":"room)" + rest), "decoded");
    EXPECT_FALSE(decodeEvent(R"({"kind":"edit)" + rest));
}

// ---- what is written ---------------------------------------------------------------------------

std::string encodedBody(std::string body)
{
    MessageEdit edit{
        RoomId("r"), TempId("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), Seq(1), std::move(body), {}};
    const std::string text = encode(ClientFrame(edit));
    const std::size_t start = text.find("\"body\":") + 7;
    return text.substr(start, text.size() - start - 1);
}

TEST(Codec, escapesOnlyWhatMustBe)
{
    EXPECT_EQ(encodedBody("a\"b\\c/d"), R"("a\"b\\c/d")");
    EXPECT_EQ(encodedBody("\b\f\n\r\t"), R"("\b\f\n\r\t")");
    EXPECT_EQ(encodedBody(std::string("\0\x01\x1f\x7f", 4)), "\"\\u0000\\u0001\\u001f\x7f\"");
    EXPECT_EQ(
        encodedBody(
            "ნინო العربية हिन्दी ไทย 日本語 👩🏽‍🔧 "
            "\u2028"),
        "\"ნინო العربية हिन्दी ไทย 日本語 👩🏽‍🔧 "
        "\u2028\"");
}

TEST(Codec, findsEscapesAtEveryOffset)
{
    for (std::size_t at = 0; at < 40; ++at) {
        for (const char c : {'"', '\\', '\n', '\x1f'}) {
            std::string body(40, 'x');
            body[at] = c;
            const auto parsed = boost::json::parse(encodedBody(body));
            EXPECT_EQ(std::string(parsed.as_string()), body) << at;
        }
        std::string broken(40, 'x');
        broken[at] = '\xff';
        EXPECT_TRUE(isValidUtf8(encodedBody(broken))) << at;
    }
}

TEST(Codec, neverLetsInvalidUtf8OntoTheWire)
{
    const std::string r = "\xEF\xBF\xBD";
    EXPECT_EQ(encodedBody("a\xff\xfe"
                          "b"),
              "\"a" + r + r + "b\"");
    EXPECT_EQ(encodedBody("\xe2\x82"), "\"" + r + "\""); // cut: one for the maximal part
    EXPECT_EQ(encodedBody("\xe2\x82x"), "\"" + r + "x\"");
    EXPECT_EQ(encodedBody("\xc0\xaf"), "\"" + r + r + "\"");                 // overlong
    EXPECT_EQ(encodedBody("\xed\xa0\x80"), "\"" + r + r + r + "\"");         // a surrogate
    EXPECT_EQ(encodedBody("\xf4\x90\x80\x80"), "\"" + r + r + r + r + "\""); // above U+10FFFF
    EXPECT_EQ(encodedBody("\xf0\x9f\x98"), "\"" + r + "\"");
    ErrorFrame error;
    error.detail = "\xc3";
    EXPECT_TRUE(decodeServerFrame(encode(ServerFrame(error))));
}

TEST(Codec, leavesOutWhatIsEmpty)
{
    Event event;
    event.room = RoomId("r");
    event.seq = Seq(1);
    event.id = EventId("e");
    event.sender = UserId("u");
    EXPECT_EQ(encodeEvent(event),
              R"({"room":"r","seq":1,"ord":0,"id":"e","sender":"u","ts":0,"kind":"text","rev":0})");
    EXPECT_EQ(
        encode(ServerFrame(LogEntry{event})),
        R"({"type":"message_new","room":"r","seq":1,"ord":0,"id":"e","sender":"u","ts":0,"kind":"text","rev":0})");
    EXPECT_EQ(encode(ClientFrame(Pong{-5, 6, {}})), R"({"type":"pong","t":-5,"now":6})");
    EXPECT_EQ(encode(ClientFrame(TypingSet{RoomId("r"), false})),
              R"({"type":"typing","room":"r","on":false})");
}

TEST(Codec, cutsFreeTextForDevelopersInsteadOfSendingTooMuch)
{
    ErrorFrame error;
    for (std::size_t i = 0; i < kDetailCharactersMax + 5; ++i)
        error.detail += "ა";
    const auto frame = decodeServerFrame(encode(ServerFrame(error)));
    ASSERT_TRUE(frame) << toString(frame.error());
    EXPECT_EQ(characterCount(std::get<ErrorFrame>(*frame).detail), kDetailCharactersMax);
    // More bytes than characters, and not one character too many: whole.
    error.detail = std::get<ErrorFrame>(*frame).detail;
    EXPECT_GT(error.detail.size(), kDetailCharactersMax);
    EXPECT_EQ(std::get<ErrorFrame>(*decodeServerFrame(encode(ServerFrame(error)))), error);
}

TEST(Codec, namesOfEnumsComeBack)
{
    for (int i = 0; i <= static_cast<int>(Kind::Unknown); ++i)
        EXPECT_EQ(kindFromWire(wireName(static_cast<Kind>(i))), static_cast<Kind>(i));
    for (const RoomKind kind :
         {RoomKind::Job, RoomKind::Support, RoomKind::General, RoomKind::Direct})
        EXPECT_EQ(roomKindFromWire(wireName(kind)), kind);
    for (const Role role : {Role::Owner, Role::Admin, Role::Member})
        EXPECT_EQ(roleFromWire(wireName(role)), role);
    EXPECT_EQ(wireName(PresenceStatus::Away), "away");
    EXPECT_EQ(wireName(Kind::JobUpdate), "job_update");
    EXPECT_EQ(kindFromWire("Text"), std::nullopt);
    EXPECT_EQ(roomKindFromWire(""), std::nullopt);
    EXPECT_EQ(roleFromWire("king"), std::nullopt);
    EXPECT_EQ(wireName(static_cast<Role>(99)), "member") << "never out of the table";
}

TEST(Utf8, countsCodePoints)
{
    EXPECT_EQ(characterCount(""), 0U);
    EXPECT_EQ(characterCount("abc"), 3U);
    EXPECT_EQ(characterCount("ნინო"), 4U);
    EXPECT_EQ(characterCount("👍🏽"), 2U); // two code points, one picture
}

TEST(Utf8, followsTheTableOfWellFormedSequences)
{
    for (const char* good : {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
                             "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
                             "\xf4\x8f\xbf\xbf", "long enough for the fast way: ნ and more"}) {
        EXPECT_TRUE(isValidUtf8(good)) << good;
    }
    for (const char* bad :
         {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xe0\x9f\xbf",
          "\xed\xa0\x80", "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
          "\xff", "12345678\xff", "1234567\xc3"}) {
        EXPECT_FALSE(isValidUtf8(bad)) << boost::json::serialize(boost::json::string(bad));
    }
}

} // namespace
} // namespace skein::protocol
