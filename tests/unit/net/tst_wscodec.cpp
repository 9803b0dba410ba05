// The WebSocket codec: RFC 6455 §5.7 examples, every split point, everything that must be refused,
// and properties.
#include "server/net/wscodec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

using namespace skein::server;

namespace
{

struct Seen {
    WsEvent::Kind kind;
    std::string payload;
    std::uint16_t closeCode = 1005;
    friend bool operator==(const Seen&, const Seen&) = default;
};

struct Outcome {
    std::vector<Seen> events;
    WsError error = WsError::None;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

constexpr std::size_t kMax = 64 * 1024;

// Feeds the pieces one after the other, each from a buffer of its own.
Outcome decode(const std::vector<std::string>& pieces, WsRole role = WsRole::Server,
               std::size_t max = kMax)
{
    WsDecoder decoder(role, max);
    Outcome outcome;
    for (std::string piece : pieces) {
        std::span<char> input(piece);
        for (;;) {
            WsEvent event;
            const auto status = decoder.next(input, event);
            if (status == WsDecoder::Status::Error) {
                outcome.error = decoder.error();
                return outcome;
            }
            if (status == WsDecoder::Status::NeedMore)
                break;
            outcome.events.push_back({event.kind, std::string(event.payload), event.closeCode});
        }
        EXPECT_TRUE(input.empty());
    }
    return outcome;
}

std::string bytes(std::initializer_list<int> values)
{
    std::string text;
    for (const int value : values)
        text.push_back(static_cast<char>(value));
    return text;
}

std::string masked(WsOpcode opcode, std::string_view payload, bool fin = true,
                   std::uint32_t key = 0x12345678)
{
    std::string out;
    appendMaskedWsFrame(out, opcode, payload, key, fin);
    return out;
}

std::string unmasked(WsOpcode opcode, std::string_view payload, bool fin = true)
{
    std::string out;
    appendWsFrame(out, opcode, payload, fin);
    return out;
}

constexpr auto kText = WsEvent::Kind::Text;
constexpr auto kPing = WsEvent::Kind::Ping;
constexpr auto kPong = WsEvent::Kind::Pong;
constexpr auto kClose = WsEvent::Kind::Close;

} // namespace

TEST(WsCodec, readsTheExamplesOfTheRfc)
{
    EXPECT_EQ(decode({bytes({0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f})}, WsRole::Client),
              (Outcome{{{kText, "Hello"}}}));
    EXPECT_EQ(decode({bytes({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58})}),
              (Outcome{{{kText, "Hello"}}}));
    EXPECT_EQ(
        decode({bytes({0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f})}, WsRole::Client),
        (Outcome{{{kText, "Hello"}}}));
    EXPECT_EQ(decode({bytes({0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f})}, WsRole::Client),
              (Outcome{{{kPing, "Hello"}}}));
    EXPECT_EQ(decode({bytes({0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58})}),
              (Outcome{{{kPong, "Hello"}}}));
    const std::string block(256, 'x');
    EXPECT_EQ(decode({bytes({0x82, 0x7E, 0x01, 0x00}) + block}, WsRole::Client),
              (Outcome{{{WsEvent::Kind::Binary, block}}}));
    const std::string large(65536, 'y');
    EXPECT_EQ(decode({bytes({0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0}) + large}, WsRole::Client),
              (Outcome{{{WsEvent::Kind::Binary, large}}}));
}

TEST(WsCodec, writesTheExamplesOfTheRfc)
{
    EXPECT_EQ(unmasked(WsOpcode::Text, "Hello"), bytes({0x81, 0x05}) + "Hello");
    EXPECT_EQ(unmasked(WsOpcode::Binary, std::string(256, 'x')).substr(0, 4),
              bytes({0x82, 0x7E, 0x01, 0x00}));
    EXPECT_EQ(unmasked(WsOpcode::Binary, std::string(65536, 'x')).substr(0, 10),
              bytes({0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0}));
    EXPECT_EQ(wsAcceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(wsAcceptKey("x3JJHMbDL1EzLkh9GBhXDw=="), "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

TEST(WsCodec, lengthsAroundTheFormsRoundTrip)
{
    for (const std::size_t size : {0u, 1u, 7u, 8u, 9u, 125u, 126u, 127u, 65535u, 65536u}) {
        const std::string text(size, 'a');
        EXPECT_EQ(decode({masked(WsOpcode::Text, text)}), (Outcome{{{kText, text}}})) << size;
        EXPECT_EQ(decode({unmasked(WsOpcode::Text, text)}, WsRole::Client),
                  (Outcome{{{kText, text}}}))
            << size;
    }
}

TEST(WsCodec, largeBinaryMessagesAreSentInFragments)
{
    for (const std::size_t size : {std::size_t(0), kWsFragmentBytes, kWsFragmentBytes + 1,
                                   3 * kWsFragmentBytes, 3 * kWsFragmentBytes + 5}) {
        const std::string payload(size, 'z');
        std::string wire;
        appendWsBinaryMessage(wire, payload);
        EXPECT_EQ(decode({wire}, WsRole::Client), (Outcome{{{WsEvent::Kind::Binary, payload}}}));
        const std::size_t fragments =
            std::max<std::size_t>(1, (size + kWsFragmentBytes - 1) / kWsFragmentBytes);
        EXPECT_LE(wire.size(), size + fragments * 4);
        EXPECT_EQ(static_cast<unsigned char>(wire[0]), fragments > 1 ? 0x02 : 0x82);
        if (fragments > 1) {
            EXPECT_EQ(wire.substr(0, 4), bytes({0x02, 0x7E, 0x10, 0x00}));
        }
    }
}

TEST(WsCodec, everySplitOfAStreamGivesTheSameEvents)
{
    std::string stream =
        masked(WsOpcode::Text, "gamarjoba \xE1\x83\x92\xE1\x83\x90 \xF0\x9F\x8E\x89");
    stream += masked(WsOpcode::Text, "a", false);
    stream += masked(WsOpcode::Ping, "between");
    stream += masked(WsOpcode::Continuation, "\xE1", false);
    stream += masked(WsOpcode::Pong, "");
    stream += masked(WsOpcode::Continuation, "\x83\x92", true);
    stream += masked(WsOpcode::Text, std::string(130, 'l'));
    stream += masked(WsOpcode::Close, bytes({0x03, 0xE8}) + "bye");
    const Outcome whole = decode({stream});
    ASSERT_EQ(whole.events.size(), 6u);
    EXPECT_EQ(whole.events[1], (Seen{kPing, "between"}));
    EXPECT_EQ(whole.events[3], (Seen{kText, "a\xE1\x83\x92"}));
    EXPECT_EQ(whole.events[5], (Seen{kClose, "bye", 1000}));
    for (std::size_t i = 0; i <= stream.size(); ++i) {
        EXPECT_EQ(decode({stream.substr(0, i), stream.substr(i)}), whole) << "split at " << i;
        for (std::size_t j = i; j <= stream.size(); j += 7)
            EXPECT_EQ(decode({stream.substr(0, i), stream.substr(i, j - i), stream.substr(j)}),
                      whole)
                << i << ' ' << j;
    }
    std::vector<std::string> single;
    for (const char c : stream)
        single.emplace_back(1, c);
    EXPECT_EQ(decode(single), whole);
}

TEST(WsCodec, refusesWhatTheRfcForbids)
{
    struct Row {
        const char* what;
        std::string stream;
        WsError error;
        std::uint16_t code;
    };
    const std::string key = bytes({1, 2, 3, 4});
    const Row rows[] = {
        {"reserved bit 1", bytes({0xC1, 0x80}) + key, WsError::ReservedBits, 1002},
        {"reserved bit 3", bytes({0x91, 0x80}) + key, WsError::ReservedBits, 1002},
        {"opcode 3", bytes({0x83, 0x80}) + key, WsError::ReservedOpcode, 1002},
        {"opcode 7", bytes({0x87, 0x80}) + key, WsError::ReservedOpcode, 1002},
        {"opcode 11", bytes({0x8B, 0x80}) + key, WsError::ReservedOpcode, 1002},
        {"no mask", unmasked(WsOpcode::Text, "x"), WsError::NotMasked, 1002},
        {"no mask on a ping", unmasked(WsOpcode::Ping, ""), WsError::NotMasked, 1002},
        {"16 bits for 125", bytes({0x81, 0xFE, 0, 125}) + key, WsError::LengthNotMinimal, 1002},
        {"64 bits for 65535", bytes({0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}) + key,
         WsError::LengthNotMinimal, 1002},
        {"64th bit", bytes({0x81, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0}) + key,
         WsError::LengthNotMinimal, 1002},
        {"long ping", bytes({0x89, 0xFE, 0, 126}) + key, WsError::ControlTooLong, 1002},
        {"fragmented ping", bytes({0x09, 0x80}) + key, WsError::ControlFragmented, 1002},
        {"orphan continuation", masked(WsOpcode::Continuation, "x"),
         WsError::UnexpectedContinuation, 1002},
        {"text inside text", masked(WsOpcode::Text, "x", false) + masked(WsOpcode::Text, "y"),
         WsError::ExpectedContinuation, 1002},
        {"close of one byte", masked(WsOpcode::Close, "x"), WsError::BadClosePayload, 1002},
        {"close 1005", masked(WsOpcode::Close, bytes({0x03, 0xED})), WsError::BadClosePayload,
         1002},
        {"close 999", masked(WsOpcode::Close, bytes({0x03, 0xE7})), WsError::BadClosePayload, 1002},
        {"close 1016", masked(WsOpcode::Close, bytes({0x03, 0xF8})), WsError::BadClosePayload,
         1002},
        {"close 5000", masked(WsOpcode::Close, bytes({0x13, 0x88})), WsError::BadClosePayload,
         1002},
        {"close reason", masked(WsOpcode::Close, bytes({0x03, 0xE8, 0xFF})), WsError::InvalidUtf8,
         1007},
        {"utf-8 byte", masked(WsOpcode::Text, "\xFF"), WsError::InvalidUtf8, 1007},
        {"cut character", masked(WsOpcode::Text, "\xE1\x83"), WsError::InvalidUtf8, 1007},
        {"overlong", masked(WsOpcode::Text, "\xC0\xAF"), WsError::InvalidUtf8, 1007},
        {"surrogate", masked(WsOpcode::Text, "\xED\xA0\x80"), WsError::InvalidUtf8, 1007},
        {"beyond unicode", masked(WsOpcode::Text, "\xF4\x90\x80\x80"), WsError::InvalidUtf8, 1007},
        {"too large at once", bytes({0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1}) + key, WsError::TooLarge,
         1009},
        {"absurd length", bytes({0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}) + key,
         WsError::TooLarge, 1009},
        {"too large in parts",
         masked(WsOpcode::Text, std::string(65536, 'x'), false) +
             masked(WsOpcode::Continuation, "y"),
         WsError::TooLarge, 1009},
    };
    for (const Row& row : rows) {
        const Outcome outcome = decode({row.stream});
        EXPECT_EQ(outcome.error, row.error) << row.what << ": " << toString(outcome.error);
        EXPECT_EQ(closeCodeFor(outcome.error), row.code) << row.what;
        EXPECT_TRUE(outcome.events.empty()) << row.what;
        std::vector<std::string> single;
        for (const char c : row.stream)
            single.emplace_back(1, c);
        EXPECT_EQ(decode(single).error, row.error) << row.what << ", byte by byte";
    }
    EXPECT_EQ(decode({masked(WsOpcode::Text, "x")}, WsRole::Client).error, WsError::Masked);
}

TEST(WsCodec, badUtf8IsRefusedBeforeTheMessageEnds)
{
    EXPECT_EQ(decode({masked(WsOpcode::Text, "\xFF", false)}).error, WsError::InvalidUtf8);
    EXPECT_EQ(decode({masked(WsOpcode::Text, "\xF0", false) +
                      masked(WsOpcode::Continuation, "\x80", false)})
                  .error,
              WsError::InvalidUtf8);
}

TEST(WsCodec, binaryIsNotCheckedForUtf8)
{
    EXPECT_EQ(decode({masked(WsOpcode::Binary, "\xFF\xFE")}),
              (Outcome{{{WsEvent::Kind::Binary, "\xFF\xFE"}}}));
}

TEST(WsCodec, closeWithoutCodeReadsAs1005AndEndsTheStream)
{
    EXPECT_EQ(decode({masked(WsOpcode::Close, "") + masked(WsOpcode::Text, "late")}),
              (Outcome{{{kClose, "", 1005}}}));
}

TEST(WsCodec, everySendableCloseCodeIsAcceptedAndNoOther)
{
    for (unsigned code = 0; code <= 0xFFFF; ++code) {
        const auto outcome = decode({masked(
            WsOpcode::Close, bytes({static_cast<int>(code >> 8), static_cast<int>(code & 0xFF)}))});
        if (isSendableCloseCode(static_cast<std::uint16_t>(code)))
            ASSERT_EQ(outcome, (Outcome{{{kClose, "", static_cast<std::uint16_t>(code)}}})) << code;
        else
            ASSERT_EQ(outcome.error, WsError::BadClosePayload) << code;
    }
}

TEST(WsCodec, nothingIsHeldBetweenMessages)
{
    WsDecoder decoder(WsRole::Server, kMax);
    const auto feed = [&decoder](std::string text) {
        std::span<char> input(text);
        WsEvent event;
        while (decoder.next(input, event) == WsDecoder::Status::Event) {
        }
    };
    feed(masked(WsOpcode::Text, "short"));
    EXPECT_FALSE(decoder.midMessage());
    const std::string stream = masked(WsOpcode::Text, std::string(5000, 'x'));
    feed(stream.substr(0, 4000));
    EXPECT_TRUE(decoder.midMessage());
    EXPECT_GT(decoder.heldBytes(), 3000u);
    feed(stream.substr(4000));
    EXPECT_FALSE(decoder.midMessage());
    EXPECT_EQ(decoder.heldBytes(), 0u);
}

TEST(WsCodec, closeReasonsAreCutAtACharacter)
{
    std::string reason;
    for (int i = 0; i < 60; ++i)
        reason += "\xE1\x83\x92";
    std::string wire;
    appendWsClose(wire, 4001, reason);
    const auto outcome = decode({wire}, WsRole::Client);
    ASSERT_EQ(outcome.events.size(), 1u);
    EXPECT_EQ(outcome.events[0].closeCode, 4001);
    EXPECT_EQ(outcome.events[0].payload, reason.substr(0, 123));
    wire.clear();
    appendWsClose(wire, 1006, "never on the wire");
    EXPECT_EQ(wire, bytes({0x88, 0x00}));
}

RC_GTEST_PROP(WsCodecProperty, messagesSurviveAnyFragmentationAndAnySplit, ())
{
    const auto messages =
        *rc::gen::container<std::vector<std::string>>(rc::gen::arbitrary<std::string>());
    std::string stream;
    Outcome expected;
    for (const std::string& message : messages) {
        expected.events.push_back({WsEvent::Kind::Binary, message});
        std::size_t at = 0;
        bool first = true;
        // Bounded: at small sizes rapidcheck scales a range down to its start, and an empty
        // fragment makes no progress.
        for (int left = 8;; --left) {
            const std::size_t rest = message.size() - at;
            const std::size_t size =
                left == 0 ? rest
                          : *rc::gen::resize(rc::kNominalSize,
                                             rc::gen::inRange<std::size_t>(0, rest + 1));
            const bool last =
                at + size == message.size() && (left == 0 || *rc::gen::arbitrary<bool>());
            appendMaskedWsFrame(stream, first ? WsOpcode::Binary : WsOpcode::Continuation,
                                std::string_view(message).substr(at, size),
                                *rc::gen::arbitrary<std::uint32_t>(), last);
            at += size;
            first = false;
            if (last)
                break;
            if (*rc::gen::inRange(0, 4) == 0) {
                appendMaskedWsFrame(stream, WsOpcode::Ping, "p", 7);
                expected.events.insert(expected.events.end() - 1, Seen{kPing, "p"});
            }
        }
    }
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < stream.size();) {
        const std::size_t size = *rc::gen::inRange<std::size_t>(1, 40);
        pieces.push_back(stream.substr(at, size));
        at += size;
    }
    RC_ASSERT(decode(pieces) == expected);
}

RC_GTEST_PROP(WsCodecProperty, anyBytesGiveTheSameOutcomeHoweverTheyAreSplit,
              (const std::string& noise))
{
    // Half of the noise behind a valid start, so that it gets past the first header.
    const std::string stream =
        (*rc::gen::arbitrary<bool>() ? masked(WsOpcode::Text, "ok", false) : "") + noise;
    std::vector<std::string> single;
    for (const char c : stream)
        single.emplace_back(1, c);
    RC_ASSERT(decode({stream}) == decode(single));
}

RC_GTEST_PROP(WsCodecProperty, maskingTwiceGivesTheTextBack,
              (std::string text, std::uint32_t key, std::uint8_t offset))
{
    const std::array<unsigned char, 4> mask{
        static_cast<unsigned char>(key), static_cast<unsigned char>(key >> 8),
        static_cast<unsigned char>(key >> 16), static_cast<unsigned char>(key >> 24)};
    std::string copy = text;
    wsMask(copy, mask, offset);
    for (std::size_t i = 0; i < text.size(); ++i)
        RC_ASSERT(static_cast<unsigned char>(copy[i]) ==
                  (static_cast<unsigned char>(text[i]) ^ mask[(i + offset) & 3]));
    wsMask(copy, mask, offset);
    RC_ASSERT(copy == text);
}
