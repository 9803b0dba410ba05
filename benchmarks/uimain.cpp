// skein-bench-ui: the app's own window on a stored account, driven from inside: switching rooms,
// scrolling fast, typing. Prints one JSON line of figures; app.room_switch, app.flick and
// app.keypress read it. CPU time of the GUI thread with the software renderer, so that waiting and
// other programs do not count.
#include "app/src/nativemodule.h"
#include "app/src/timelineanchor.h"
#include "benchmarks/eventloop.h"
#include "benchmarks/harness.h"
#include "sdk/qt/accountlist.h"
#include "sdk/qt/qmlmodule.h"

#include <QGuiApplication>
#include <QKeyEvent>
#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickStyle>
#include <QQuickWindow>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>

using skein::bench::nowUs;
using skein::bench::quantile;
using skein::bench::threadCpuUs;

namespace
{

constexpr qreal kStepPx = 167; // 10,000 px/s at 60 frames/s, on whole pixels
constexpr int kStepTimeoutMs = 10'000;

template <class T>
T* findItem(QQuickItem* from, const std::function<bool(T*)>& wanted)
{
    if (auto* item = qobject_cast<T*>(from); item && wanted(item))
        return item;
    const auto children = from->childItems();
    for (QQuickItem* child : children) {
        if (T* found = findItem<T>(child, wanted))
            return found;
    }
    return nullptr;
}

class Driver
{
public:
    explicit Driver(QQuickWindow& window)
        : m_window(window)
    {
        QObject::connect(&window, &QQuickWindow::frameSwapped, &window, [this] { ++m_frames; });
    }

    QQuickItem* named(const char* name)
    {
        return findItem<QQuickItem>(m_window.contentItem(), [name](QQuickItem* item) {
            return item->objectName() == QLatin1String(name);
        });
    }
    /// An item that has this property: the page ("wantedRoom") or the room ("shownRoomId").
    QQuickItem* with(const char* property)
    {
        return findItem<QQuickItem>(m_window.contentItem(), [property](QQuickItem* item) {
            return item->metaObject()->indexOfProperty(property) >= 0;
        });
    }
    /// Runs the event loop until the condition holds; false after the time.
    static bool until(const std::function<bool()>& condition, int timeoutMs = kStepTimeoutMs)
    {
        return skein::bench::waitFor(condition, timeoutMs);
    }
    [[nodiscard]] int frames() const { return m_frames; }
    /// Asks for a frame and waits until it was drawn.
    bool draw()
    {
        const int before = m_frames;
        m_window.update();
        return until([this, before] { return m_frames > before; });
    }

private:
    QQuickWindow& m_window;
    int m_frames = 0;
};

struct Figures {
    std::vector<double> cpuMs;
    std::vector<double> wallMs;
};

void print(const char* name, Figures figures)
{
    std::printf(
        ", \"%s_p50\": %.4f, \"%s_p95\": %.4f, \"%s_p99\": %.4f, \"%s_max\": %.4f, \"%s_n\": "
        "%zu, \"%s_wall_p50\": %.4f",
        name, quantile(figures.cpuMs, 0.5), name, quantile(figures.cpuMs, 0.95), name,
        quantile(figures.cpuMs, 0.99), name, quantile(figures.cpuMs, 1), name, figures.cpuMs.size(),
        name, quantile(figures.wallMs, 0.5));
}

int failed(const char* what)
{
    std::fprintf(stderr, "skein-bench-ui: %s\n", what);
    return 1;
}

// From the choice of the other room to the frame that shows its messages.
bool switchRooms(Driver& driver, const QStringList& rooms, int count, Figures& figures,
                 double& framesEach)
{
    QQuickItem* page = driver.with("wantedRoom");
    QQuickItem* room = driver.with("shownRoomId");
    for (int i = 0; i < count + 2; ++i) {
        const int frames = driver.frames();
        const double cpu = threadCpuUs();
        const double wall = nowUs();
        page->setProperty("roomId", rooms[i % 2]);
        if (!Driver::until([room] { return room->property("settled").toBool(); }) || !driver.draw())
            return false;
        if (i < 2)
            continue; // each room once: fonts and delegates are made
        framesEach += static_cast<double>(driver.frames() - frames) / count;
        figures.cpuMs.push_back((threadCpuUs() - cpu) / 1000);
        figures.wallMs.push_back((nowUs() - wall) / 1000);
    }
    return true;
}

// Upwards through the history, a frame at a time. Whatever row is near the middle must move by
// exactly what was scrolled.
bool scroll(Driver& driver, QQuickWindow& window, int frames, Figures& figures, double& jumpPx,
            int& stops)
{
    auto* anchor = findItem<Skein::TimelineAnchor>(window.contentItem(),
                                                   [](Skein::TimelineAnchor*) { return true; });
    QQuickItem* list = driver.named("timeline");
    auto* content = list->property("contentItem").value<QQuickItem*>();
    if (!anchor || !content)
        return false;
    const auto middle = [&]() -> QQuickItem* {
        QQuickItem* best = nullptr;
        double distance = 1e9;
        const auto children = content->childItems();
        for (QQuickItem* row : children) {
            if (!row->isVisible() || !row->objectName().startsWith(QLatin1String("row:")))
                continue;
            const double off = std::abs(row->mapToItem(list, {0, 0}).y() - list->height() / 3);
            if (off < distance) {
                distance = off;
                best = row;
            }
        }
        return best;
    };
    for (int i = 0; i < frames + 10; ++i) {
        QQuickItem* row = middle();
        if (!row)
            return false;
        const QString name = row->objectName();
        const double y = row->mapToItem(list, {0, 0}).y();
        const double contentY = list->property("contentY").toDouble();
        const double cpu = threadCpuUs();
        const double wall = nowUs();
        anchor->scrollBy(-kStepPx);
        const double asked = list->property("contentY").toDouble() - contentY;
        if (!driver.draw())
            return false;
        if (i < 10)
            continue;
        figures.cpuMs.push_back((threadCpuUs() - cpu) / 1000);
        figures.wallMs.push_back((nowUs() - wall) / 1000);
        if (asked > -kStepPx + 1) {
            ++stops; // the next page is not there yet: the view stands at the edge
            continue;
        }
        const auto children = content->childItems();
        for (QQuickItem* now : children) {
            if (now->objectName() == name && now->isVisible())
                jumpPx = std::max(jumpPx, std::abs(now->mapToItem(list, {0, 0}).y() - y - kStepPx));
        }
    }
    return true;
}

// From a key to the frame that shows its letter.
bool type(Driver& driver, QQuickWindow& window, int keys, Figures& figures)
{
    QQuickItem* input = driver.named("composer");
    if (!input)
        return false;
    input->forceActiveFocus();
    for (int i = 0; i < keys + 5; ++i) {
        const QString letter = i % 6 == 5 ? QStringLiteral(" ") : QString(QChar('a' + i % 26));
        const auto before = input->property("length").toInt();
        const double cpu = threadCpuUs();
        const double wall = nowUs();
        QKeyEvent press(QEvent::KeyPress, letter[0].toUpper().unicode(), Qt::NoModifier, letter);
        QCoreApplication::sendEvent(&window, &press);
        QKeyEvent release(QEvent::KeyRelease, letter[0].toUpper().unicode(), Qt::NoModifier,
                          letter);
        QCoreApplication::sendEvent(&window, &release);
        if (input->property("length").toInt() != before + 1 || !driver.draw())
            return false;
        if (i < 5)
            continue;
        figures.cpuMs.push_back((threadCpuUs() - cpu) / 1000);
        figures.wallMs.push_back((nowUs() - wall) / 1000);
    }
    return true;
}

} // namespace

// skein-bench-ui URL USER DATA FRAMES
int main(int argc, char** argv)
{
    if (argc != 5)
        return failed("wants URL USER DATA FRAMES");
    QGuiApplication app(argc, argv);
    QGuiApplication::setApplicationName(QStringLiteral("skein"));
    QQuickStyle::setStyle(QStringLiteral("Basic"));
    const int frames = std::atoi(argv[4]);

    Skein::AccountList accounts;
    accounts.setDataDir(QString::fromLocal8Bit(argv[3]));
    accounts.setAllowPlainTokenFile(true);
    if (!accounts.resume(QString::fromLocal8Bit(argv[2]), QUrl(QString::fromLocal8Bit(argv[1]))))
        return failed("the account is not there");
    Skein::Client& client = *accounts.current();
    Skein::registerQmlModule();
    Skein::registerNativeModule();
    QQmlApplicationEngine engine;
    Skein::prepareEngine(engine);
    engine.setInitialProperties({{QStringLiteral("accounts"), QVariant::fromValue(&accounts)},
                                 {QStringLiteral("width"), 1280},
                                 {QStringLiteral("height"), 800}});
    engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Skein/App/Main.qml")));
    auto* window = engine.rootObjects().isEmpty()
                       ? nullptr
                       : qobject_cast<QQuickWindow*>(engine.rootObjects().constFirst());
    if (!window)
        return failed("no window");
    Driver driver(*window);
    if (!Driver::until([&] { return client.rooms()->rowCount() >= 2; }, 30'000))
        return failed("the account has fewer than two rooms");
    // The longest room is the one to scroll.
    QStringList rooms;
    for (int row = 0; row < client.rooms()->rowCount(); ++row)
        rooms.append(client.rooms()->roomAt(row));

    Figures switching, scrolling, typing;
    double jumpPx = 0;
    double switchFrames = 0;
    int stops = 0;
    if (!switchRooms(driver, rooms, std::max(20, frames / 10), switching, switchFrames))
        return failed("a room did not open");
    QQuickItem* page = driver.with("wantedRoom");
    QQuickItem* room = driver.with("shownRoomId");
    page->setProperty("roomId", rooms.constFirst());
    if (!Driver::until([room] { return room->property("settled").toBool(); }) || !driver.draw())
        return failed("the long room did not open");
    if (!type(driver, *window, std::max(50, frames / 3), typing))
        return failed("a key did not arrive");
    if (!scroll(driver, *window, frames, scrolling, jumpPx, stops))
        return failed("the list could not be scrolled");
    std::printf("{\"ok\": 1");
    print("switch", switching);
    print("flick", scrolling);
    print("key", typing);
    std::printf(", \"switch_frames\": %.2f, \"jump_px\": %.3f, \"stops\": %d}\n", switchFrames,
                jumpPx, stops);
    return 0;
}
