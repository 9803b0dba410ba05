// The client's half of frames over HTTP (docs/protocol.md, "Frames over HTTP"): a Transport that
// turns frames into numbered POSTs and polls, repeats what was lost, and gives each frame of the
// server on exactly once and in order. Sans-I/O: the calls themselves are made by an HttpCaller,
// over QNetworkAccessManager, in tests by hand.
//
// One POST and one poll at a time, both bounded; what is unsent is bounded by the engine, which
// stops at kClientUnsentBytesMax. Thread: the engine's.
#pragma once

#include "core/clock.h"
#include "protocol/limits.h"
#include "sdk/engine/engine.h"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

namespace skein::engine
{

struct HttpCall {
    enum class Kind {
        Open, ///< POST without a session
        Post, ///< POST of a batch
        Poll, ///< GET that waits
        End,  ///< DELETE; nobody waits for its answer
    };
    std::uint64_t id = 0; ///< never used again; 0 for End
    Kind kind = Kind::Open;
    std::string session; ///< Skein-Session; a secret
    std::int64_t batch = 0, ack = 0;
    std::int64_t waitSeconds = 0;
    std::string body;
    std::int64_t timeoutMs = 0; ///< without a byte of the answer
};

struct HttpAnswer {
    unsigned status = 0;      ///< 0: none came (no network, timeout, not HTTP)
    bool unreachable = false; ///< with status 0: there was nobody to ask
    std::string session;
    std::int64_t batch = -1; ///< Skein-Batch; -1 = no such header
    std::uint16_t closeCode = 0;
    std::string closeReason;
    std::optional<Milliseconds> retryAfter;
    std::string body;   ///< frames, one a line; or the error
    std::string detail; ///< for logs, when there is no answer
};

/// Makes the calls. Implemented over QtNetwork, in tests, and by embedders.
class HttpCaller
{
public:
    virtual ~HttpCaller() = default;
    /// Answered by HttpFrames::answered(), never from inside this call, and never after cancel().
    virtual void call(HttpCall call) = 0;
    virtual void cancel(std::uint64_t id) = 0;
};

class HttpFrames final : public Transport
{
public:
    static constexpr std::array<std::int64_t, 5> kRetryMs{250, 500, 1'000, 2'000, 4'000};
    static constexpr std::int64_t kPostTimeoutMs = 10'000;
    static constexpr std::int64_t kPollTimeoutMs = (protocol::kHttpWaitSecondsMax + 10) * 1000;
    /// An empty answer that came sooner than this is followed by a pause of the same length:
    /// somebody on the way answers in the server's place.
    static constexpr std::int64_t kEmptyPollMs = 1'000;
    static constexpr std::int64_t kRetryAfterMaxMs = 10'000; ///< within a session

    /// How the session is told. Never from inside open(), send() or close().
    class Events
    {
    public:
        virtual ~Events() = default;
        virtual void framesOpened() = 0;
        virtual void framesReceived(std::string_view text) = 0;
        virtual void framesClosed(std::uint16_t code, const std::string& reason,
                                  std::optional<Milliseconds> retryAfter) = 0;
    };

    /// All three must outlive this: its end makes a last call, the DELETE of a session.
    HttpFrames(Clock& clock, HttpCaller& caller, Events& events);
    ~HttpFrames() override;
    HttpFrames(const HttpFrames&) = delete;
    HttpFrames& operator=(const HttpFrames&) = delete;

    // Transport
    void open() override;
    void send(std::string text) override;
    [[nodiscard]] std::size_t unsentBytes() const override;
    void close() override;

    /// An id that is not awaited any more is ignored.
    void answered(std::uint64_t id, const HttpAnswer& answer);
    /// Call at nextWakeupAt() or later; also makes the calls that open() and send() want.
    void tick();
    [[nodiscard]] MonoTime nextWakeupAt() const;

private:
    struct Way {
        std::uint64_t call = 0; ///< under way; 0 = none
        MonoTime since;
        std::optional<MonoTime> retryAt;
        std::size_t tries = 0; ///< failed, in a row
    };
    void nextPost();
    void makePost();
    void makePoll();
    void postAnswered(const HttpAnswer& answer);
    void pollAnswered(const HttpAnswer& answer);
    /// True when it is to be tried again; else the session is over.
    bool again(Way& way, const HttpAnswer& answer, const char* what);
    void fail(std::uint16_t code, std::string reason, std::optional<Milliseconds> retryAfter = {});
    void drop();

    Clock& m_clock;
    HttpCaller& m_caller;
    Events& m_events;
    bool m_open = false, m_told = false;
    std::uint64_t m_nextCall = 0;
    std::uint64_t m_life = 0; ///< changes with each open() and close(): events may call both
    std::string m_session;
    std::deque<std::string> m_frames; ///< not in a batch yet
    std::size_t m_bytes = 0;          ///< of those
    std::string m_batch;              ///< under way, or to be repeated
    std::int64_t m_batchNumber = 0;   ///< of m_batch, or of the last one taken
    std::int64_t m_ack = 0;           ///< last answer received
    Way m_post, m_poll;
};

} // namespace skein::engine
