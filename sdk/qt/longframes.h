// Takes long frames apart (inflating, decoding) on a thread beside the engine's, which meanwhile
// stores what the ones before brought: in a catch-up of 10,000 messages this is two fifths of the
// client's work (docs/performance.md). Short ones stay text: the way to the thread and back would
// cost a confirmation more than its decoding. Everything comes out in the order in which it went
// in. Thread: the worker's.
#pragma once

#ifndef Q_MOC_RUN // moc 6.4 stumbles over a standard header below it
#include "protocol/codec.h"
#endif

#include <QByteArray>
#include <QObject>
#include <QThreadPool>

#include <deque>
#include <functional>
#include <memory>

namespace Skein
{

struct DecodedFrame {
    skein::Result<skein::protocol::ServerFrame> frame;
};

class LongFrames : public QObject
{
    Q_OBJECT

public:
    explicit LongFrames(QObject* parent = nullptr);

    /// About 60 messages of 100 bytes; compressed, a quarter of that.
    static constexpr qsizetype kTextBytesMin = 16 * 1024;
    static constexpr qsizetype kCompressedBytesMin = 4 * 1024;
    /// Beyond them the caller waits until the thread is done: a peer that sends faster than can be
    /// worked off fills the socket, not the memory.
    static constexpr int kUnderWayMax = 8;
    static constexpr std::size_t kLineMax = 1'000;

    /// A frame as it came: JSON text.
    void text(QByteArray bytes);
    /// A binary frame (protocol/compression.h).
    void compressed(QByteArray bytes);
    /// closed() follows what was received before.
    void close(int closeCode, QByteArray reason);
    /// Nothing of what went in and is not out yet comes out.
    void forget();

Q_SIGNALS:
    void received(const QByteArray& text);
    /// Shared, because a signal may have several receivers; one of them may move out of it.
    void decoded(const std::shared_ptr<Skein::DecodedFrame>& frame);
    /// What was compressed cannot be inflated.
    void spoilt(const QByteArray& detail);
    void closed(int closeCode, const QByteArray& reason);

private:
    using Tell = std::function<void()>;
    struct Item {
        quint64 number;
        Tell tell; ///< null: the thread is not done with it
    };

    /// Runs `take` on the thread; what it returns is told in its turn.
    void beside(std::function<Tell()> take);
    void inTurn(Tell tell);
    void done(quint64 number, Tell tell);
    /// False: what was told meanwhile made the receiver forget everything, what waits for room too.
    bool waitForRoom();

    QThreadPool m_pool; ///< of one thread, so in order; it goes when there is nothing to do
    std::deque<Item> m_line;
    quint64 m_numbers = 0, m_forgotten = 0;
    int m_underWay = 0;
};

} // namespace Skein
