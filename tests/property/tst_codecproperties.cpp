// What holds for every frame and for every sequence of bytes.
#include "protocol/codec.h"
#include "protocol/limits.h"
#include "tests/property/anyframe.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace skein::protocol
{
namespace
{

using test::anyEvent;
using test::anyFrame;

bool isAnswerToInput(ErrorCode code)
{
    return code == ErrorCode::BadFrame || code == ErrorCode::BadField ||
           code == ErrorCode::FrameTooLarge;
}

template <class Frame>
Result<Frame> decode(std::string_view text)
{
    if constexpr (std::same_as<Frame, ClientFrame>)
        return decodeClientFrame(text);
    else
        return decodeServerFrame(text);
}

template <class Frame>
void roundTrips()
{
    const auto frame = *anyFrame<Frame>();
    const std::string text = encode(frame);
    RC_ASSERT(isValidUtf8(text));
    RC_ASSERT(text.find('\n') == text.npos);
    const Result<Frame> again = decode<Frame>(text);
    if (!again)
        RC_FAIL(toString(again.error()) + " in " + text);
    RC_ASSERT(*again == frame);
    RC_ASSERT(encode(*again) == text);
    RC_ASSERT(frameType(*again) == frameType(frame));
    // A parser of general use agrees that it is one object with that type.
    const boost::json::value value = boost::json::parse(text);
    RC_ASSERT(std::string_view(value.at("type").as_string()) == frameType(frame));
}

RC_GTEST_PROP(Codec, everyClientFrameComesBackEqual, ())
{
    roundTrips<ClientFrame>();
}
RC_GTEST_PROP(Codec, everyServerFrameComesBackEqual, ())
{
    roundTrips<ServerFrame>();
}

RC_GTEST_PROP(Codec, everyEventComesBackEqual, ())
{
    const Event event = *anyEvent();
    const Result<Event> again = decodeEvent(encodeEvent(event));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == event);
}

// Whatever came: an answer from the closed set, or a frame that is stable from then on.
template <class Frame>
void isJudged(const std::string& text)
{
    const Result<Frame> frame = decode<Frame>(text);
    if (!frame) {
        RC_ASSERT(isAnswerToInput(frame.error().code));
        RC_ASSERT(isValidUtf8(frame.error().detail));
        return;
    }
    const Result<Frame> again = decode<Frame>(encode(*frame));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *frame);
}

RC_GTEST_PROP(Codec, anyBytesAreJudgedWithoutACrash, (const std::string& bytes))
{
    isJudged<ClientFrame>(bytes);
    isJudged<ServerFrame>(bytes);
    (void)decodeEvent(bytes);
    (void)characterCount(bytes);
    UnknownFrame unknown{bytes, RequestId(bytes)};
    RC_ASSERT(isValidUtf8(encode(ClientFrame(unknown))));
}

std::string mutated(std::string text)
{
    const int changes = *rc::gen::inRange(1, 5);
    for (int i = 0; i < changes && !text.empty(); ++i) {
        const auto at =
            static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(text.size())));
        const auto length = static_cast<std::size_t>(*rc::gen::inRange(1, 9));
        switch (*rc::gen::inRange(0, 7)) {
        case 0:
            text[at] = *rc::gen::arbitrary<char>();
            break;
        case 1:
            text.erase(at, length);
            break;
        case 2:
            text.insert(at, *rc::gen::element<std::string>("\"", "{", "}", "[", "]", ",", ":",
                                                           "\\ud800", "null", "-1", "1e9", "0",
                                                           "\xff", "\\u0000", " "));
            break;
        case 3:
            text.insert(at, text.substr(at, length));
            break;
        case 4:
            text.resize(at);
            break;
        case 5:
            std::swap(text[at], text[text.size() - 1 - at]);
            break;
        default: // a digit or letter into another keeps the shape and tests the rules
            if (text[at] >= '0' && text[at] <= '9')
                text[at] = static_cast<char>('0' + *rc::gen::inRange(0, 10));
            else if (text[at] >= 'a' && text[at] <= 'z')
                text[at] = static_cast<char>('a' + *rc::gen::inRange(0, 26));
        }
    }
    return text;
}

RC_GTEST_PROP(Codec, aSpoiltClientFrameIsJudgedWithoutACrash, ())
{
    isJudged<ClientFrame>(mutated(encode(*anyFrame<ClientFrame>())));
}

RC_GTEST_PROP(Codec, aSpoiltServerFrameIsJudgedWithoutACrash, ())
{
    isJudged<ServerFrame>(mutated(encode(*anyFrame<ServerFrame>())));
}

RC_GTEST_PROP(Codec, invalidBytesInAnyTextNeverReachTheWire, (const std::string& bytes))
{
    ErrorFrame error;
    error.detail = bytes + '\xff' + bytes;
    RC_ASSERT(isValidUtf8(encode(ServerFrame(error))));
    MessageSend send;
    send.body = bytes;
    const std::string text = encode(ClientFrame(send));
    RC_ASSERT(isValidUtf8(text));
    if (isValidUtf8(bytes)) {
        const boost::json::value value = boost::json::parse(text);
        RC_ASSERT(std::string_view(value.at("body").as_string()) == bytes);
    }
}

} // namespace
} // namespace skein::protocol
