// The WebSocket codec under arbitrary bytes: never crashes, gives the same events however the bytes
// are split, holds a bounded amount, and what it accepted survives being encoded again.
//
// Input: one byte of how to split, then the stream.
#include "server/net/wscodec.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace
{

using namespace skein::server;

constexpr std::size_t kMessageMax = 64 * 1024;

struct Seen {
    WsEvent::Kind kind;
    std::uint16_t closeCode;
    std::string payload;
    friend bool operator==(const Seen&, const Seen&) = default;
};

struct Outcome {
    std::vector<Seen> events;
    WsError error = WsError::None;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

void require(bool claim, const char* what)
{
    if (claim)
        return;
    std::fprintf(stderr, "fuzz_websocket: %s\n", what);
    std::abort();
}

Outcome decode(std::string stream, WsRole role, std::size_t piece)
{
    WsDecoder decoder(role, kMessageMax);
    Outcome outcome;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        // A heap block of its own for each piece, so that the sanitizer sees a step beyond it.
        std::vector<char> bytes(
            stream.begin() + static_cast<std::ptrdiff_t>(at),
            stream.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, stream.size())));
        std::span<char> input(bytes);
        for (;;) {
            WsEvent event;
            const auto status = decoder.next(input, event);
            if (status == WsDecoder::Status::Error) {
                outcome.error = decoder.error();
                require(isSendableCloseCode(closeCodeFor(outcome.error)),
                        "an error without a close code");
                return outcome;
            }
            if (status == WsDecoder::Status::NeedMore)
                break;
            outcome.events.push_back({event.kind, event.closeCode, std::string(event.payload)});
        }
        require(input.empty(), "input left over");
        require(decoder.heldBytes() <= kMessageMax, "holds too much");
    }
    return outcome;
}

std::string encode(const Outcome& outcome)
{
    std::string out;
    for (const Seen& seen : outcome.events) {
        switch (seen.kind) {
        case WsEvent::Kind::Text:
            appendMaskedWsFrame(out, WsOpcode::Text, seen.payload, 0xA1B2C3D4);
            break;
        case WsEvent::Kind::Binary:
            appendMaskedWsFrame(out, WsOpcode::Binary, seen.payload, 0xA1B2C3D4);
            break;
        case WsEvent::Kind::Ping:
            appendMaskedWsFrame(out, WsOpcode::Ping, seen.payload, 0);
            break;
        case WsEvent::Kind::Pong:
            appendMaskedWsFrame(out, WsOpcode::Pong, seen.payload, 1);
            break;
        case WsEvent::Kind::Close: {
            std::string payload;
            if (seen.closeCode != 1005)
                payload = {static_cast<char>(seen.closeCode >> 8),
                           static_cast<char>(seen.closeCode & 0xFF)};
            appendMaskedWsFrame(out, WsOpcode::Close, payload + seen.payload, 2);
            break;
        }
        }
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 1)
        return 0;
    const std::size_t piece = 1 + data[0] % 64;
    const WsRole role = data[0] & 0x80 ? WsRole::Client : WsRole::Server;
    const std::string stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Outcome whole = decode(stream, role, std::max<std::size_t>(stream.size(), 1));
    require(decode(stream, role, piece) == whole, "a split changes the outcome");
    require(decode(stream, role, 1) == whole, "byte by byte changes the outcome");
    Outcome again = decode(encode(whole), WsRole::Server, kMessageMax * 2);
    require(again.error == WsError::None && again.events == whole.events,
            "what was accepted does not survive");
    return 0;
}
