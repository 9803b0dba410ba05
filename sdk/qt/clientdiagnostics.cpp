// What Client tells about itself: its picture, the history of a message, of the connection, the
// log, errors.
#include "sdk/qt/client_p.h"
#include "sdk/qt/displaytext.h"

#include <utility>

namespace Skein
{

using skein::engine::Link;
using skein::offline::MessageRow;
using skein::offline::Status;

namespace
{

constexpr const char* kLinkWords[] = {"signed_out", "offline",     "waiting", "connecting",
                                      "signing_in", "catching_up", "live",    "stopped"};

} // namespace

/// Lines go to the ring and to the embedder's sink. Thread: any.
skein::LogSink Client::Private::sink()
{
    return [this, own = logSink](skein::LogLevel level, std::string_view area,
                                 std::string_view words) {
        logRing.add(clock.wallNow().ms, level, area, words);
        if (own)
            own(level, area, words);
    };
}

void Client::Private::noteLink(const skein::engine::LinkState& state)
{
    std::string words = kLinkWords[static_cast<std::size_t>(state.link)];
    if (state.attempt > 0)
        words += ", attempt " + std::to_string(state.attempt);
    if (state.error)
        words += ": " + toString(*state.error);
    logRing.add(clock.wallNow().ms,
                state.link == Link::Stopped ? skein::LogLevel::Error : skein::LogLevel::Info,
                "link", words);
    if (state.error)
        report(QStringLiteral("connection"), *state.error, {}, state.link == Link::Stopped);
}

void Client::Private::report(const QString& area, const skein::Error& failure,
                             const QString& tempId, bool final)
{
    if (errorReporter)
        errorReporter({area, display::text(skein::wireName(failure.code)),
                       display::text(redacted(failure.detail)), tempId, final});
}

/// Each message that failed, once for each time it does.
void Client::Private::reportFailures(const skein::engine::TimelineChange& change)
{
    for (const MessageRow& row : change.upserted) {
        if (!row.own || row.tempId.empty())
            continue;
        if (row.status != Status::Failed) {
            failuresReported.erase(row.tempId);
            continue;
        }
        if (failuresReported.size() >= kFailuresReportedMax)
            failuresReported.clear();
        if (failuresReported.insert(row.tempId).second)
            report(QStringLiteral("message"),
                   skein::makeError(row.error.value_or(skein::ErrorCode::Internal)),
                   display::text(row.tempId.str()), true);
    }
}

/// Runs `read` on the reader's thread and `done` on this one.
template <class Read, class Done>
void Client::Private::look(Read read, Done done)
{
    using Answer = decltype(read(std::declval<skein::offline::Reader&>()));
    if (!reader) {
        done(Answer(skein::fail(skein::ErrorCode::Unauthenticated, "not signed in")));
        return;
    }
    const int mine = entry;
    reader->ask([this, mine, read = std::move(read),
                 done = std::move(done)](const skein::Result<skein::offline::Reader*>& opened) {
        Answer answer = opened ? read(**opened) : Answer(skein::fail(opened.error()));
        QMetaObject::invokeMethod(
            this,
            [this, mine, answer = std::move(answer), done] {
                if (mine == entry)
                    done(answer);
            },
            Qt::QueuedConnection);
    });
}

void Client::readStory(const QString& tempId,
                       std::function<void(const skein::Result<skein::offline::Story>&)> done)
{
    d->look([id = skein::TempId(display::utf8(tempId.trimmed()))](
                skein::offline::Reader& reader) { return reader.story(id); },
            std::move(done));
}

void Client::readReceipts(const QString& roomId, qint64 seq, int offset, int limit,
                          std::function<void(const skein::Result<skein::offline::Receipts>&)> done)
{
    d->look([room = Private::roomIdOf(roomId), seq = skein::Seq(seq),
             from = static_cast<std::size_t>(std::max(offset, 0)),
             count = static_cast<std::size_t>(std::max(limit, 1))](
                skein::offline::Reader& reader) { return reader.receipts(room, seq, from, count); },
            std::move(done));
}

void Client::readConnections(
    int limit,
    std::function<void(const skein::Result<std::vector<skein::offline::StoryEvent>>&)> done)
{
    d->look([count = static_cast<std::size_t>(std::max(limit, 1))](
                skein::offline::Reader& reader) { return reader.connections(count); },
            std::move(done));
}

QString Client::initials() const
{
    return display::initials(displayName().isEmpty() ? userName() : displayName());
}

int Client::colorIndex() const
{
    return display::colorIndex(display::utf8(userId()));
}

QStringList Client::recentLog() const
{
    return d->logRing.lines();
}

void Client::setErrorReporter(ErrorReporter reporter)
{
    d->errorReporter = std::move(reporter);
}

} // namespace Skein
