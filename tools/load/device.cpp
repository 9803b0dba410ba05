#include "tools/load/device.h"

#include "sdk/qt/sockettransport.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTimer>

#include <algorithm>

namespace skein::load
{
namespace
{

constexpr std::int64_t kSleepMaxMs = 60'000;

// Each message of a frame has one body; the body of a message cannot hold these bytes unescaped.
std::int64_t messagesIn(std::string_view text)
{
    constexpr std::string_view kBody = R"("body":")";
    std::int64_t count = 0;
    for (std::size_t at = text.find(kBody); at != std::string_view::npos;
         at = text.find(kBody, at + kBody.size()))
        ++count;
    return count;
}

std::int64_t messagesIn(const Result<protocol::ServerFrame>& frame)
{
    std::int64_t count = 0;
    const auto* page = frame ? std::get_if<protocol::SyncResponse>(&*frame) : nullptr;
    if (!page)
        return 0;
    for (const protocol::SyncRoom& room : page->rooms) {
        count += std::count_if(room.events.begin(), room.events.end(),
                               [](const auto& event) { return protocol::isMessage(event.kind); });
    }
    return count;
}

} // namespace

// The engine's timers, as the app's worker has them.
class Device::Pulse
{
public:
    explicit Pulse(Device& device)
    {
        wakeup.setSingleShot(true);
        wakeup.setTimerType(Qt::PreciseTimer);
        work.setSingleShot(true);
        work.setInterval(0);
        QObject::connect(&wakeup, &QTimer::timeout, &wakeup,
                         [&device] { device.act([](engine::Engine& engine) { engine.tick(); }); });
        QObject::connect(&work, &QTimer::timeout, &work,
                         [&device] { device.act([](engine::Engine& engine) { engine.work(); }); });
    }
    QTimer wakeup, work;
};

Device::Device(std::uint16_t port, Account account, std::string storePath)
    : m_port(port)
    , m_account(std::move(account))
    , m_path(std::move(storePath))
    , m_pulse(std::make_unique<Pulse>(*this))
{
}

Device::~Device()
{
    m_pulse.reset();
    if (m_engine)
        m_engine->stop();
}

Result<void> Device::open()
{
    // First, as in the app's worker: the TLS library is loaded beside what follows.
    m_transport = std::make_unique<Skein::SocketTransport>(
        QUrl(QStringLiteral("ws://127.0.0.1:%1/v1/socket").arg(m_port)));
    offline::StoreOptions options;
    options.path = m_path;
    auto store = offline::Store::open(options);
    if (!store)
        return fail(store.error());
    m_store = std::move(*store);
    engine::Config config;
    config.device = m_account.device;
    config.user = m_account.user;
    config.userName = m_account.name;
    config.client = "skein-load/0.1";
    m_engine = std::make_unique<engine::Engine>(
        *m_store, engine::Host{m_clock, m_random, *m_transport, *this, *this, m_metrics, Logger()},
        std::move(config));
    using Transport = Skein::SocketTransport;
    QObject::connect(m_transport.get(), &Transport::opened, m_transport.get(), [this] {
        ++m_connects;
        act([](engine::Engine& engine) { engine.transportOpened(); });
    });
    QObject::connect(m_transport.get(), &Transport::closed, m_transport.get(),
                     [this](int code, const QByteArray& reason) {
                         act([&](engine::Engine& engine) {
                             engine.transportClosed(
                                 static_cast<std::uint16_t>(code),
                                 {reason.constData(), static_cast<std::size_t>(reason.size())});
                         });
                     });
    QObject::connect(m_transport.get(), &Transport::received, m_transport.get(),
                     [this](const QByteArray& bytes) {
                         const std::string_view text(bytes.constData(),
                                                     static_cast<std::size_t>(bytes.size()));
                         act([text](engine::Engine& engine) { engine.frameReceived(text); });
                         m_decoded += messagesIn(text);
                     });
    QObject::connect(
        m_transport.get(), &Transport::decoded, m_transport.get(),
        [this](const std::shared_ptr<Skein::DecodedFrame>& decoded) {
            m_decoded += messagesIn(decoded->frame);
            act([&](engine::Engine& engine) { engine.frameDecoded(std::move(decoded->frame)); });
        });
    return {};
}

void Device::act(const std::function<void(engine::Engine&)>& command)
{
    if (!m_engine || !m_pulse)
        return;
    command(*m_engine);
    if (m_engine->hasWork()) {
        if (!m_pulse->work.isActive())
            m_pulse->work.start();
        // What it wakes up for next is asked when the work is done, as in the app's worker.
        if (m_pulse->wakeup.isActive())
            return;
    }
    const MonoTime at = m_engine->nextWakeupAt();
    const std::int64_t now = m_clock.now().ms;
    m_pulse->wakeup.start(
        static_cast<int>(std::clamp<std::int64_t>(at.ms > now ? at.ms - now : 0, 0, kSleepMaxMs)));
}

bool Device::run(const std::function<bool()>& done, std::int64_t timeoutMs)
{
    QElapsedTimer elapsed;
    elapsed.start();
    // Wakes processEvents() at the deadline.
    QTimer deadline;
    deadline.setSingleShot(true);
    deadline.start(static_cast<int>(timeoutMs));
    while (!done()) {
        if (elapsed.elapsed() >= timeoutMs)
            return false;
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents);
    }
    return true;
}

void Device::linkChanged(const engine::LinkState& state)
{
    m_link = state.link;
}

void Device::requestToken(bool)
{
    // Never from inside the call.
    QTimer::singleShot(0, m_transport.get(), [this] {
        act([this](engine::Engine& engine) { engine.tokenReady(m_account.accessToken); });
    });
}

} // namespace skein::load
