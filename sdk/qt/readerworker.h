// The reader thread's inhabitant: pages and the room list, on a connection of its own, so the
// screen never waits for a writer. Thread: the reader's, except request() and loadRooms().
#pragma once

#include "offline/reader.h"
#include "sdk/qt/timelineport.h"

#include <QObject>
#include <QString>

#include <functional>
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
    /// Runs `question` on the reader's thread with the open reader, or with why there is none. It
    /// must not keep the reader. Thread: any.
    using Question = std::function<void(const skein::Result<skein::offline::Reader*>& reader)>;
    void ask(Question question);

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
