// Pages of rooms' logs, on a read connection. One statement for the head and one for the rows of
// each room, whatever the length of the history. Thread: the reader's.
#pragma once

#include "server/storage/sqlite/db.h"
#include "server/storage/storage.h"

namespace skein::server::sqlite
{

class Reader
{
public:
    explicit Reader(Db& db)
        : m_db(db)
    {
    }
    [[nodiscard]] Result<void> open();

    [[nodiscard]] Result<std::vector<LogPage>> log(const std::vector<LogRange>& ranges,
                                                   std::size_t bytesMax);
    [[nodiscard]] Result<HistoryPage> history(const HistoryQuery& query, std::size_t bytesMax);
    [[nodiscard]] Result<HistoryPage> revalidate(const RevalidateQuery& query,
                                                 std::size_t bytesMax);
    [[nodiscard]] Result<DraftsPage> drafts(const DraftsQuery& query, std::size_t bytesMax);
    [[nodiscard]] Result<std::vector<SessionRow>> sessions(const SessionId& of, std::int64_t now);
    [[nodiscard]] Result<std::optional<Credentials>> credentials(const std::string& name);

private:
    struct Head {
        RoomId id;
        Epoch epoch;
        Seq seq;
        Ord ord;
    };
    [[nodiscard]] Result<Head> head(RoomKey room);
    /// Messages before `seq` (exclusive), newest first in the table, ascending in the result.
    bool older(const HistoryQuery& query, const Head& head, Seq before, std::int64_t limit,
               std::size_t& bytes, HistoryPage& page);
    bool newer(const HistoryQuery& query, const Head& head, Seq after, std::int64_t limit,
               std::size_t& bytes, HistoryPage& page);

    Db& m_db;
    Stmt m_head, m_after, m_newest, m_olderMessages, m_newerMessages, m_olderPinned, m_newerPinned,
        m_olderMedia, m_newerMedia, m_changed, m_credentials, m_drafts, m_sessions;
};

} // namespace skein::server::sqlite
