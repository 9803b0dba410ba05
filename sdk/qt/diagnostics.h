// Everything that a diagnostics page shows: figures, latency plots, the history of the connection
// and of any message, and a report for the clipboard without bodies, names and tokens.
//
//     Diagnostics {
//         client: app.client
//         active: page.visible
//     }
//
// Thread: GUI; nothing here waits.
#pragma once

#include "offline/journal.h"
#include "sdk/qt/client.h"

#include <QObject>
#include <QPointer>
#include <QTimer>
#include <QVariantList>
#include <QtQml/qqmlregistration.h>

#include <vector>

namespace Skein
{

class Diagnostics : public QObject
{
    Q_OBJECT
    QML_ELEMENT

    Q_PROPERTY(Skein::Client* client READ client WRITE setClient NOTIFY clientChanged)
    /// True while somebody looks: the figures are read again every kRefreshMs.
    Q_PROPERTY(bool active READ active WRITE setActive NOTIFY activeChanged)

    /// [{name, title, count, p50Ms, p95Ms, p99Ms, bars: [{upToMs, count, share}]}]: the latencies
    /// that matter to a person, always in the same order; share 0…1 of the highest bar. A bar
    /// stands for times of up to `upToMs`, twice those of the one before it.
    Q_PROPERTY(QVariantList plots READ plots NOTIFY refreshed)
    /// [{name, title, value}]: counters and gauges, the known ones first.
    Q_PROPERTY(QVariantList figures READ figures NOTIFY refreshed)
    /// [{time, text, kind ("started", "connected", "disconnected")}], newest first.
    Q_PROPERTY(QVariantList connections READ connections NOTIFY connectionsChanged)
    /// Newest last, at most LogRing::kLinesMax lines.
    Q_PROPERTY(QStringList log READ log NOTIFY refreshed)

    // ---- one message ----
    Q_PROPERTY(
        QString storyId READ storyId NOTIFY storyChanged) ///< what was looked up; empty = none
    Q_PROPERTY(bool storyLoading READ storyLoading NOTIFY storyChanged)
    Q_PROPERTY(bool storyKnown READ storyKnown NOTIFY storyChanged)
    Q_PROPERTY(QString storyTitle READ storyTitle NOTIFY storyChanged) ///< "Message", "Edit …"
    Q_PROPERTY(QString storyText READ storyText NOTIFY storyChanged)   ///< where it is now
    Q_PROPERTY(QString storyState READ storyState NOTIFY storyChanged) ///< a stable word
    /// [{time, text, kind}], as they happened; `kind` is a stable word.
    Q_PROPERTY(QVariantList storyEvents READ storyEvents NOTIFY storyChanged)

public:
    static constexpr int kRefreshMs = 1'000;
    static constexpr int kConnectionsMax = 100;

    explicit Diagnostics(QObject* parent = nullptr);

    [[nodiscard]] Client* client() const { return m_client; }
    void setClient(Client* client);
    [[nodiscard]] bool active() const { return m_active; }
    void setActive(bool active);
    [[nodiscard]] const QVariantList& plots() const { return m_plots; }
    [[nodiscard]] const QVariantList& figures() const { return m_figures; }
    [[nodiscard]] const QVariantList& connections() const { return m_connections; }
    [[nodiscard]] const QStringList& log() const { return m_log; }
    [[nodiscard]] const QString& storyId() const { return m_storyId; }
    [[nodiscard]] bool storyLoading() const { return m_storyLoading; }
    [[nodiscard]] bool storyKnown() const;
    [[nodiscard]] QString storyTitle() const;
    [[nodiscard]] QString storyText() const;
    [[nodiscard]] QString storyState() const;
    [[nodiscard]] QVariantList storyEvents() const;

    /// Looks an id up; spaces around it do not matter. Empty: shows none.
    Q_INVOKABLE void lookUp(const QString& tempId);
    /// Everything on this page as plain text, for the clipboard.
    Q_INVOKABLE QString report() const;
    /// Reads everything again now.
    Q_INVOKABLE void refresh();

Q_SIGNALS:
    void clientChanged();
    void activeChanged();
    void refreshed();
    void connectionsChanged();
    void storyChanged();

private:
    void readFigures();
    void readConnections();
    void readStory();

    QPointer<Client> m_client;
    bool m_active = false;
    QTimer m_timer;
    QVariantList m_plots, m_figures, m_connections;
    QStringList m_log;
    QString m_storyId;
    bool m_storyLoading = false;
    QString m_storyProblem;
    skein::offline::Story m_story;
};

} // namespace Skein
