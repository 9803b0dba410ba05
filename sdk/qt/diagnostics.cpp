#include "sdk/qt/diagnostics.h"

#include "sdk/qt/displaytext.h"
#include "sdk/qt/storytext.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QSysInfo>

#include <algorithm>
#include <array>

namespace Skein
{

using skein::Histogram;
using skein::Metrics;
using skein::offline::Story;
using skein::offline::StoryEvent;

namespace
{

constexpr const char* kPlots[] = {"send_confirmed", "connect", "catch_up", "store_enqueue"};
constexpr std::size_t kBarsMin = 8; ///< so that one measurement does not look like a wall
/// The histogram has four buckets to each power of two; a bar takes four.
constexpr std::size_t kBucketsPerBar = 4;

QString plotTitle(const QString& name)
{
    if (name == QLatin1String("send_confirmed"))
        return QCoreApplication::translate("SkeinStory", "Send to confirmed");
    if (name == QLatin1String("connect"))
        return QCoreApplication::translate("SkeinStory", "Connecting");
    if (name == QLatin1String("catch_up"))
        return QCoreApplication::translate("SkeinStory", "Catching up");
    if (name == QLatin1String("store_enqueue"))
        return QCoreApplication::translate("SkeinStory", "Keeping on disk");
    return name;
}

QString figureTitle(const QString& name)
{
    if (name == QLatin1String("outbox_queued"))
        return QCoreApplication::translate("SkeinStory", "Waiting to be sent");
    if (name == QLatin1String("outbox_in_flight"))
        return QCoreApplication::translate("SkeinStory", "On the way");
    if (name == QLatin1String("outbox_failed"))
        return QCoreApplication::translate("SkeinStory", "Failed");
    if (name == QLatin1String("reconnects"))
        return QCoreApplication::translate("SkeinStory", "Reconnects");
    if (name == QLatin1String("frames_bad"))
        return QCoreApplication::translate("SkeinStory", "Unreadable frames");
    if (name == QLatin1String("store_errors"))
        return QCoreApplication::translate("SkeinStory", "Disk errors");
    return name;
}

QVariantList barsOf(const Histogram& histogram)
{
    std::array<std::int64_t, Histogram::kBuckets / kBucketsPerBar> bars{};
    for (std::size_t i = 0; i < Histogram::kBuckets; ++i)
        bars[i / kBucketsPerBar] += histogram.bucketCount(i);
    std::size_t first = 0;
    std::size_t last = bars.size();
    while (first < last && bars[first] == 0)
        ++first;
    while (last > first && bars[last - 1] == 0)
        --last;
    if (first == last)
        return {};
    while (last - first < kBarsMin) {
        if (first > 0)
            --first;
        if (last - first < kBarsMin && last < bars.size())
            ++last;
    }
    const std::int64_t highest = *std::max_element(bars.begin(), bars.end());
    QVariantList list;
    for (std::size_t i = first; i < last; ++i) {
        const auto edge = Histogram::upperEdgeUs(i * kBucketsPerBar + kBucketsPerBar - 1);
        list << QVariantMap{
            {QStringLiteral("upToMs"), static_cast<double>(edge) / 1000.0},
            {QStringLiteral("count"), static_cast<qint64>(bars[i])},
            {QStringLiteral("share"), static_cast<double>(bars[i]) / static_cast<double>(highest)}};
    }
    return list;
}

QVariantMap eventMap(const StoryEvent& event)
{
    return {{QStringLiteral("time"), display::exactTime(event.atMs)},
            {QStringLiteral("text"), display::happeningText(event)},
            {QStringLiteral("kind"), display::text(nameOf(event.what))}};
}

} // namespace

Diagnostics::Diagnostics(QObject* parent)
    : QObject(parent)
{
    m_timer.setInterval(kRefreshMs);
    connect(&m_timer, &QTimer::timeout, this, &Diagnostics::refresh);
}

void Diagnostics::setClient(Client* client)
{
    if (m_client == client)
        return;
    if (m_client)
        m_client->disconnect(this);
    m_client = client;
    if (client) {
        connect(client, &Client::stateChanged, this, [this] {
            if (m_active)
                refresh();
        });
        // What is shown of a message follows what happens to it.
        connect(client, &Client::rowsChanged, this,
                [this](const skein::engine::TimelineChange& change) {
                    const std::string id = display::utf8(m_storyId);
                    for (const auto& row : change.upserted)
                        if (m_active && !m_storyId.isEmpty() && row.tempId.str() == id)
                            readStory();
                });
    }
    Q_EMIT clientChanged();
    refresh();
}

void Diagnostics::setActive(bool active)
{
    if (m_active == active)
        return;
    m_active = active;
    if (active) {
        refresh();
        m_timer.start();
    } else {
        m_timer.stop();
    }
    Q_EMIT activeChanged();
}

void Diagnostics::refresh()
{
    if (!m_client)
        return;
    readFigures();
    readConnections();
    if (!m_storyId.isEmpty())
        readStory();
}

void Diagnostics::readFigures()
{
    const auto samples = m_client->metrics().snapshot();
    const auto sampleOf = [&samples](const QString& name) -> const Metrics::Sample* {
        for (const Metrics::Sample& sample : samples)
            if (display::text(sample.name) == name)
                return &sample;
        return nullptr;
    };
    const auto ms = [](std::int64_t us) { return static_cast<double>(us) / 1000.0; };
    QVariantList plots;
    for (const char* const word : kPlots) {
        const QString name = QString::fromLatin1(word);
        const Metrics::Sample* sample = sampleOf(name);
        QVariantMap plot{{QStringLiteral("name"), name},
                         {QStringLiteral("title"), plotTitle(name)},
                         {QStringLiteral("count"), static_cast<qint64>(sample ? sample->value : 0)},
                         {QStringLiteral("p50Ms"), ms(sample ? sample->p50Us : 0)},
                         {QStringLiteral("p95Ms"), ms(sample ? sample->p95Us : 0)},
                         {QStringLiteral("p99Ms"), ms(sample ? sample->p99Us : 0)},
                         {QStringLiteral("bars"), QVariantList()}};
        if (sample)
            plot.insert(QStringLiteral("bars"), barsOf(m_client->metrics().histogram(word)));
        plots << plot;
    }
    QVariantList figures;
    for (const Metrics::Sample& sample : samples) {
        if (sample.kind == Metrics::Sample::Kind::Histogram)
            continue;
        const QString name = display::text(sample.name);
        figures << QVariantMap{{QStringLiteral("name"), name},
                               {QStringLiteral("title"), figureTitle(name)},
                               {QStringLiteral("value"), static_cast<qint64>(sample.value)}};
    }
    const QStringList log = m_client->recentLog();
    if (plots == m_plots && figures == m_figures && log == m_log)
        return;
    m_plots = plots;
    m_figures = figures;
    m_log = log;
    Q_EMIT refreshed();
}

void Diagnostics::readConnections()
{
    m_client->readConnections(
        kConnectionsMax,
        [self = QPointer<Diagnostics>(this)](const skein::Result<std::vector<StoryEvent>>& events) {
            if (!self || !events)
                return;
            QVariantList list;
            for (const StoryEvent& event : *events)
                list << eventMap(event);
            if (list == self->m_connections)
                return; // a list that is replaced loses its place on the screen
            self->m_connections = list;
            Q_EMIT self->connectionsChanged();
        });
}

void Diagnostics::lookUp(const QString& tempId)
{
    m_storyId = tempId.trimmed();
    m_story = {};
    m_storyProblem.clear();
    m_storyLoading = !m_storyId.isEmpty() && m_client;
    Q_EMIT storyChanged();
    if (m_storyLoading)
        readStory();
}

void Diagnostics::readStory()
{
    m_client->readStory(m_storyId, [self = QPointer<Diagnostics>(this),
                                    id = m_storyId](const skein::Result<Story>& story) {
        if (!self || self->m_storyId != id)
            return;
        const bool same = !self->m_storyLoading && story && self->m_storyProblem.isEmpty() &&
                          story->state == self->m_story.state &&
                          story->events == self->m_story.events &&
                          story->ahead == self->m_story.ahead;
        if (same)
            return;
        self->m_storyLoading = false;
        self->m_story = story ? *story : Story{};
        self->m_storyProblem = story ? QString() : display::errorSentence(story.error().code);
        Q_EMIT self->storyChanged();
    });
}

bool Diagnostics::storyKnown() const
{
    return m_story.state != Story::State::Unheard;
}

QString Diagnostics::storyTitle() const
{
    return storyKnown() ? display::operationText(m_story.op) : QString();
}

QString Diagnostics::storyText() const
{
    if (m_storyId.isEmpty() || m_storyLoading)
        return {};
    return m_storyProblem.isEmpty() ? display::storyText(m_story) : m_storyProblem;
}

QString Diagnostics::storyState() const
{
    return m_storyId.isEmpty() ? QString() : display::text(nameOf(m_story.state));
}

QVariantList Diagnostics::storyEvents() const
{
    QVariantList list;
    for (const StoryEvent& event : m_story.events)
        list << eventMap(event);
    return list;
}

QString Diagnostics::report() const
{
    if (!m_client)
        return {};
    QStringList lines;
    lines << QStringLiteral("Skein %1, %2")
                 .arg(QCoreApplication::applicationVersion(), QSysInfo::prettyProductName())
          << display::exactTime(QDateTime::currentMSecsSinceEpoch())
          << QStringLiteral("state: %1").arg(m_client->stateText());
    if (!m_client->errorCode().isEmpty())
        lines << QStringLiteral("error: %1").arg(m_client->errorCode());
    for (const QVariant& item : m_figures) {
        const QVariantMap figure = item.toMap();
        lines << QStringLiteral("%1: %2").arg(figure.value(QStringLiteral("name")).toString(),
                                              figure.value(QStringLiteral("value")).toString());
    }
    for (const QVariant& item : m_plots) {
        const QVariantMap plot = item.toMap();
        lines << QStringLiteral("%1: %2 times, p50 %3 ms, p95 %4 ms, p99 %5 ms")
                     .arg(plot.value(QStringLiteral("name")).toString(),
                          plot.value(QStringLiteral("count")).toString(),
                          plot.value(QStringLiteral("p50Ms")).toString(),
                          plot.value(QStringLiteral("p95Ms")).toString(),
                          plot.value(QStringLiteral("p99Ms")).toString());
    }
    const auto events = [&lines](const QVariantList& list) {
        for (const QVariant& item : list) {
            const QVariantMap event = item.toMap();
            lines << QStringLiteral("  %1 %2").arg(event.value(QStringLiteral("time")).toString(),
                                                   event.value(QStringLiteral("kind")).toString());
        }
    };
    lines << QStringLiteral("connections, newest first:");
    events(m_connections);
    if (!m_storyId.isEmpty()) {
        lines << QStringLiteral("message %1: %2").arg(m_storyId, storyState());
        events(storyEvents());
    }
    lines << QStringLiteral("log:") << m_log;
    return lines.join(u'\n') + u'\n';
}

} // namespace Skein
