// The reader thread's inhabitant: pages and the room list, on a connection of its own, so the
// screen never waits for a writer. Thread: the reader's, except request() and loadRooms().
#pragma once

#include "offline/reader.h"
#include "sdk/qt/timelineport.h"

#include <QObject>
#include <QString>

#include <memory>

namespace Skein
{

/// A page and what it answers.
struct PageReply {
    PageRequest request;
    skein::Result<skein::offline::Page> page;
    skein::offline::RoomCounts counts;
};

class ReaderWorker : public QObject
{
    Q_OBJECT

public:
    explicit ReaderWorker(QString storePath);
    ~ReaderWorker() override;

    /// Answered by pageReady(). Thread: any.
    void request(const PageRequest& page);
    /// Answered by roomsReady(), several times. Thread: any.
    void loadRooms();

    static constexpr std::size_t kRoomsPage = 500;

Q_SIGNALS:
    void pageReady(const Skein::PageReply& reply);
    void roomsReady(const std::vector<skein::offline::RoomRow>& rooms, bool last);
    void failed(const skein::Error& error);

private:
    [[nodiscard]] skein::Result<void> ensureOpen();
    void read(const PageRequest& page);
    void readRooms();

    QString m_path;
    std::unique_ptr<skein::offline::Reader> m_reader;
};

} // namespace Skein
