// One device of a load run or a test: the real engine over a store in a file and the socket that
// the app uses, in this process and on this thread. Needs a QCoreApplication.
#pragma once

#include "core/metrics.h"
#include "offline/store.h"
#include "sdk/engine/engine.h"
#include "tools/load/swarm.h"

#include <functional>
#include <memory>
#include <string>

namespace Skein
{
class SocketTransport;
}

namespace skein::load
{

class Device final : private engine::Listener, private engine::TokenSource
{
public:
    /// `storePath` is made when missing; `port` is on loopback.
    Device(std::uint16_t port, Account account, std::string storePath);
    ~Device() override;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    /// Opens the store and makes the engine; nothing is sent yet. Errors: those of Store::open().
    [[nodiscard]] Result<void> open();
    void start()
    {
        act([](engine::Engine& engine) { engine.start(); });
    }
    void stop()
    {
        act([](engine::Engine& engine) { engine.stop(); });
    }
    /// Something is asked of the engine; its timers follow.
    void act(const std::function<void(engine::Engine&)>& command);

    [[nodiscard]] engine::Engine& engine() noexcept { return *m_engine; }
    [[nodiscard]] offline::Store& store() noexcept { return *m_store; }
    [[nodiscard]] engine::Link link() const { return m_link; }
    [[nodiscard]] const engine::OutboxState& outbox() const noexcept { return m_outbox; }
    /// Messages in frames that were received and decoded: they are in memory, on their way to the
    /// store.
    [[nodiscard]] std::int64_t messagesDecoded() const noexcept { return m_decoded; }
    [[nodiscard]] std::int64_t connects() const noexcept { return m_connects; }

    /// Turns the event loop of this thread until `done` says so. False at the deadline. All devices
    /// of the thread go on meanwhile.
    [[nodiscard]] static bool run(const std::function<bool()>& done, std::int64_t timeoutMs);

private:
    class Pulse;

    void linkChanged(const engine::LinkState& state) override;
    void roomsChanged(const std::vector<offline::RoomRow>&, const std::vector<RoomId>&) override {}
    void timelineChanged(const engine::TimelineChange&) override {}
    void typingChanged(const RoomId&, const std::vector<std::pair<UserId, std::string>>&) override
    {
    }
    void presenceChanged(const std::vector<protocol::PresenceInfo>&) override {}
    void outboxChanged(const engine::OutboxState& state) override { m_outbox = state; }
    void roomCreated(const TempId&, const RoomId&) override {}
    void commandFailed(const TempId&, const Error&) override {}
    void membersLoaded(const RoomId&, const std::vector<protocol::MemberInfo>&) override {}
    void requestToken(bool rejected) override;

    std::uint16_t m_port;
    Account m_account;
    std::string m_path;
    SystemClock m_clock;
    SystemRandom m_random;
    Metrics m_metrics;
    std::unique_ptr<offline::Store> m_store;
    std::unique_ptr<Skein::SocketTransport> m_transport;
    std::unique_ptr<engine::Engine> m_engine;
    std::unique_ptr<Pulse> m_pulse;
    engine::Link m_link = engine::Link::SignedOut;
    engine::OutboxState m_outbox;
    std::int64_t m_decoded = 0, m_connects = 0;
};

} // namespace skein::load
