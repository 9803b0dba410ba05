#include "sdk/qt/longframes.h"

#include "protocol/compression.h"
#include "protocol/limits.h"

#include <QCoreApplication>
#include <QEvent>

#include <algorithm>
#include <utility>

namespace Skein
{
namespace
{

std::string_view view(const QByteArray& bytes)
{
    return {bytes.constData(), static_cast<std::size_t>(bytes.size())};
}

skein::Result<std::string> inflated(const QByteArray& bytes)
{
    return skein::protocol::inflated(view(bytes), skein::protocol::kServerFrameBytesMax);
}

} // namespace

LongFrames::LongFrames(QObject* parent)
    : QObject(parent)
{
    m_pool.setParent(this); // travels along when the object changes its thread
    m_pool.setMaxThreadCount(1);
}

void LongFrames::text(QByteArray bytes)
{
    if (bytes.size() < kTextBytesMin) {
        inTurn([this, bytes = std::move(bytes)] { Q_EMIT received(bytes); });
        return;
    }
    beside([this, bytes = std::move(bytes)]() -> Tell {
        auto frame = std::make_shared<DecodedFrame>(
            DecodedFrame{skein::protocol::decodeServerFrame(view(bytes))});
        return [this, frame = std::move(frame)] { Q_EMIT decoded(frame); };
    });
}

void LongFrames::compressed(QByteArray bytes)
{
    if (bytes.size() < kCompressedBytesMin) {
        inTurn([this, bytes = std::move(bytes)] {
            const auto text = inflated(bytes);
            if (text)
                Q_EMIT received(QByteArray::fromStdString(*text));
            else
                Q_EMIT spoilt(QByteArray::fromStdString(text.error().detail));
        });
        return;
    }
    beside([this, bytes = std::move(bytes)]() -> Tell {
        const auto text = inflated(bytes);
        if (!text) {
            return [this, detail = QByteArray::fromStdString(text.error().detail)] {
                Q_EMIT spoilt(detail);
            };
        }
        auto frame =
            std::make_shared<DecodedFrame>(DecodedFrame{skein::protocol::decodeServerFrame(*text)});
        return [this, frame = std::move(frame)] { Q_EMIT decoded(frame); };
    });
}

void LongFrames::close(int closeCode, QByteArray reason)
{
    inTurn([this, closeCode, reason = std::move(reason)] { Q_EMIT closed(closeCode, reason); });
}

void LongFrames::forget()
{
    ++m_forgotten;
    m_line.clear();
}

void LongFrames::beside(std::function<Tell()> take)
{
    if (!waitForRoom())
        return;
    const quint64 number = ++m_numbers;
    m_line.push_back({number, {}});
    ++m_underWay;
    m_pool.start([this, number, take = std::move(take)] {
        QMetaObject::invokeMethod(
            this, [this, number, tell = take()]() mutable { done(number, std::move(tell)); },
            Qt::QueuedConnection);
    });
}

void LongFrames::inTurn(Tell tell)
{
    if (!m_line.empty() && !waitForRoom())
        return;
    if (m_line.empty())
        tell();
    else
        m_line.push_back({++m_numbers, std::move(tell)});
}

void LongFrames::done(quint64 number, Tell tell)
{
    --m_underWay;
    const auto item = std::find_if(m_line.begin(), m_line.end(),
                                   [number](const Item& one) { return one.number == number; });
    if (item == m_line.end())
        return; // forgotten
    item->tell = std::move(tell);
    while (!m_line.empty() && m_line.front().tell) {
        const Item first = std::move(m_line.front());
        m_line.pop_front();
        first.tell();
    }
}

bool LongFrames::waitForRoom()
{
    if (m_underWay < kUnderWayMax && m_line.size() < kLineMax)
        return true;
    const quint64 forgotten = m_forgotten;
    m_pool.waitForDone();
    QCoreApplication::sendPostedEvents(this, QEvent::MetaCall);
    return forgotten == m_forgotten;
}

} // namespace Skein
