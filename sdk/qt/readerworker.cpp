#include "sdk/qt/readerworker.h"

#include "sdk/qt/displaytext.h"

#include <QMetaObject>

#include <utility>

namespace Skein
{

using skein::offline::Page;
using skein::offline::RoomCounts;

ReaderWorker::ReaderWorker(QString storePath)
    : m_path(std::move(storePath))
{
}
ReaderWorker::~ReaderWorker() = default;

skein::Result<void> ReaderWorker::ensureOpen()
{
    if (m_reader)
        return {};
    auto reader = skein::offline::Reader::open(display::utf8(m_path));
    if (!reader)
        return skein::fail(reader.error());
    m_reader = std::move(*reader);
    return {};
}

void ReaderWorker::request(const PageRequest& page)
{
    QMetaObject::invokeMethod(
        this, [this, page] { read(page); }, Qt::QueuedConnection);
}

void ReaderWorker::loadRooms()
{
    QMetaObject::invokeMethod(
        this, [this] { readRooms(); }, Qt::QueuedConnection);
}

void ReaderWorker::ask(Question question)
{
    QMetaObject::invokeMethod(
        this,
        [this, question = std::move(question)] {
            const auto open = ensureOpen();
            question(open ? skein::Result<skein::offline::Reader*>(m_reader.get())
                          : skein::Result<skein::offline::Reader*>(skein::fail(open.error())));
        },
        Qt::QueuedConnection);
}

void ReaderWorker::read(const PageRequest& page)
{
    if (const auto open = ensureOpen(); !open) {
        Q_EMIT pageReady({page, skein::fail(open.error()), {}});
        return;
    }
    const auto counted = m_reader->counts(page.room);
    if (!counted) {
        Q_EMIT pageReady({page, skein::fail(counted.error()), {}});
        return;
    }
    const RoomCounts& counts = *counted;
    skein::Result<Page> result;
    switch (page.kind) {
    case PageRequest::Kind::Opening:
        result = counts.firstUnread ? m_reader->around(page.room, counts.firstUnread, page.limit)
                                    : m_reader->newest(page.room, page.limit);
        break;
    case PageRequest::Kind::Newest:
        result = m_reader->newest(page.room, page.limit);
        break;
    case PageRequest::Kind::Before:
        result = m_reader->before(page.room, page.position, page.limit);
        break;
    case PageRequest::Kind::After:
        result = m_reader->after(page.room, page.position, page.limit);
        break;
    case PageRequest::Kind::Around:
        result = m_reader->around(page.room, page.seq, page.limit);
        break;
    }
    Q_EMIT pageReady({page, std::move(result), counts});
}

void ReaderWorker::readRooms()
{
    if (const auto open = ensureOpen(); !open) {
        Q_EMIT failed(open.error());
        return;
    }
    for (std::size_t offset = 0;; offset += kRoomsPage) {
        const auto rooms = m_reader->rooms(offset, kRoomsPage);
        if (!rooms) {
            Q_EMIT failed(rooms.error());
            return;
        }
        const bool last = rooms->size() < kRoomsPage;
        Q_EMIT roomsReady(*rooms, last);
        if (last)
            return;
    }
}

} // namespace Skein
