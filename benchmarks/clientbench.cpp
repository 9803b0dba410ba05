// client.visible: from the call of send() to the row in the model that the view listens to, with a
// real server, a real store and the GUI thread's event loop running.
#include "benchmarks/eventloop.h"
#include "benchmarks/harness.h"
#include "sdk/qt/client.h"
#include "tools/load/serverprocess.h"

#include <QCoreApplication>
#include <QTemporaryDir>

namespace skein::bench
{
namespace
{

Result<std::vector<Measurement>> visible(const Settings& settings)
{
    static int argc = 1;
    static char name[] = "skein-bench";
    static char* argv[] = {name, nullptr};
    const QCoreApplication app(argc, argv);
    const QTemporaryDir dir;
    auto server = load::ServerProcess::start(
        {settings.binDir + "/skein-server", dir.path().toStdString() + "/server", {}});
    if (!server)
        return fail(server.error());

    Skein::Client client;
    client.setServerUrl(QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server->port())));
    client.setDataDir(dir.path() + QStringLiteral("/client"));
    client.setAllowPlainTokenFile(true);
    client.signUp(QStringLiteral("bench"), QStringLiteral("a long password"));
    if (!waitFor([&] { return client.state() == Skein::Client::Live; }, 15'000))
        return fail(ErrorCode::Timeout, "sign-up: " + client.errorCode().toStdString());
    QString room;
    QObject::connect(&client, &Skein::Client::roomCreated, &client,
                     [&room](const QString&, const QString& id) { room = id; });
    client.createRoom(Skein::Client::General, QStringLiteral("bench"), {});
    if (!waitFor([&] { return !room.isEmpty(); }, 10'000))
        return fail(ErrorCode::Timeout, "create room");
    Skein::TimelineModel* timeline = client.timeline(room);
    timeline->setActive(true);
    if (!waitFor([&] { return timeline->ready(); }, 10'000))
        return fail(ErrorCode::Timeout, "open room");

    double insertedAt = 0;
    double confirmedAt = 0;
    QString awaited;
    QObject::connect(timeline, &QAbstractItemModel::rowsInserted, &client,
                     [&] { insertedAt = nowUs(); });
    const auto isConfirmed = [&] {
        for (int row = 0; row < std::min(timeline->rowCount(), 4); ++row) {
            const QModelIndex index = timeline->index(row, 0);
            if (timeline->data(index, Skein::TimelineModel::TempIdRole).toString() == awaited ||
                timeline->data(index, Skein::TimelineModel::BodyRole).toString() == awaited)
                return timeline->data(index, Skein::TimelineModel::StatusRole).toInt() >=
                       Skein::TimelineModel::Sent;
        }
        return false;
    };
    QObject::connect(timeline, &QAbstractItemModel::dataChanged, &client, [&] {
        if (confirmedAt == 0 && isConfirmed())
            confirmedAt = nowUs();
    });

    std::vector<double> shown;
    std::vector<double> blocked;
    std::vector<double> confirmed;
    // The default limits allow 120 at once; 20 a second after a warm-up stay inside them.
    const int n = settings.quick ? 20 : 100;
    for (int i = 0; i < n; ++i) {
        awaited = QStringLiteral("message %1 of the benchmark").arg(i);
        insertedAt = confirmedAt = 0;
        const double start = nowUs();
        timeline->send(awaited);
        blocked.push_back((nowUs() - start) / 1000);
        if (!waitFor([&] { return insertedAt != 0; }, 5'000))
            return fail(ErrorCode::Timeout, "the row did not appear");
        shown.push_back((insertedAt - start) / 1000);
        if (!waitFor([&] { return confirmedAt != 0 || isConfirmed(); }, 5'000))
            return fail(ErrorCode::Timeout, "no confirmation");
        confirmed.push_back(((confirmedAt != 0 ? confirmedAt : nowUs()) - start) / 1000);
    }
    auto result = fromSamples("client.visible", "ms", std::move(shown));
    result.value = result.p99;
    result.config = {{"gui_blocked_p99", quantile(blocked, 0.99)},
                     {"tick_shown_p50", quantile(confirmed, 0.5)},
                     {"tick_shown_p99", quantile(confirmed, 0.99)}};
    result.bar = "p99 <= 1 ms";
    return std::vector{result};
}

} // namespace

void addClientBenchmarks(std::vector<Entry>& entries)
{
    entries.push_back(
        {"client.visible", "send() to the row in the model; and to its tick", visible});
}

} // namespace skein::bench
