#include "server/storage/sqlite/schema.h"

#include <array>
#include <string>

namespace skein::server::sqlite
{
namespace
{

// Small integers for rooms and users and a clustered (room, seq): a message costs one insert at the
// end of its room and one at the end of `op`, whose key starts with the time in the UUIDv7. No
// other index on the hot path. user.last_seen is no longer read or written: presence stays in
// memory (docs/protocol.md).
constexpr std::array<const char*, 4> kMigrations{
    R"sql(
CREATE TABLE user(
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, display TEXT NOT NULL,
    password TEXT NOT NULL, created INTEGER NOT NULL, last_seen INTEGER NOT NULL DEFAULT 0);
CREATE TABLE device(
    key INTEGER PRIMARY KEY, user INTEGER NOT NULL, id TEXT NOT NULL, UNIQUE(user, id));
CREATE TABLE session(
    id TEXT PRIMARY KEY, user INTEGER NOT NULL, device TEXT NOT NULL, device_name TEXT NOT NULL,
    current BLOB NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER) WITHOUT ROWID;
CREATE INDEX session_user ON session(user, created);
CREATE INDEX session_revoked ON session(revoked) WHERE revoked IS NOT NULL;
CREATE TABLE refresh(hash BLOB PRIMARY KEY, session TEXT NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX refresh_session ON refresh(session, created);
CREATE TABLE room(
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, name TEXT NOT NULL, topic TEXT NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, ord INTEGER NOT NULL,
    touch INTEGER NOT NULL, created INTEGER NOT NULL, last_seq INTEGER NOT NULL DEFAULT 0,
    last_sender INTEGER NOT NULL DEFAULT 0, last_kind INTEGER NOT NULL DEFAULT 0, last_text BLOB NOT NULL DEFAULT x'',
    last_ts INTEGER NOT NULL DEFAULT 0);
CREATE TABLE direct(a INTEGER NOT NULL, b INTEGER NOT NULL, room INTEGER NOT NULL, PRIMARY KEY(a, b)) WITHOUT ROWID;
CREATE TABLE member(
    room INTEGER NOT NULL, user INTEGER NOT NULL, role INTEGER NOT NULL, read INTEGER NOT NULL DEFAULT 0,
    read_ord INTEGER NOT NULL DEFAULT 0, delivered INTEGER NOT NULL DEFAULT 0, touch INTEGER NOT NULL DEFAULT 0,
    joined INTEGER NOT NULL, PRIMARY KEY(room, user)) WITHOUT ROWID;
CREATE TABLE departure(
    user INTEGER NOT NULL, room INTEGER NOT NULL, touch INTEGER NOT NULL, PRIMARY KEY(user, room)) WITHOUT ROWID;
CREATE TABLE message(
    room INTEGER NOT NULL, seq INTEGER NOT NULL, ord INTEGER NOT NULL, rev INTEGER NOT NULL, sender INTEGER NOT NULL,
    ts INTEGER NOT NULL, kind INTEGER NOT NULL, flags INTEGER NOT NULL, target INTEGER, temp BLOB NOT NULL,
    body BLOB NOT NULL, extra BLOB, PRIMARY KEY(room, seq)) WITHOUT ROWID;
CREATE INDEX message_target ON message(room, target) WHERE target IS NOT NULL;
CREATE TABLE op(
    temp BLOB NOT NULL, device INTEGER NOT NULL, room INTEGER NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY(temp, device)) WITHOUT ROWID;
CREATE TABLE mention(
    room INTEGER NOT NULL, user INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(room, user, seq)) WITHOUT ROWID;
)sql",
    // Drafts take their rev from the serial of changes, so that one number says what is new to a
    // device. `keys`: of the last draft_sets that it is made of. session.revoked_by: the session
    // that revoked it as a lost device, which wipes it; null = ended in another way.
    R"sql(
CREATE TABLE draft(
    user INTEGER NOT NULL, room INTEGER NOT NULL, rev INTEGER NOT NULL, device INTEGER NOT NULL, text BLOB NOT NULL,
    reply_to INTEGER NOT NULL DEFAULT 0, other BLOB NOT NULL, ts INTEGER NOT NULL, keys BLOB NOT NULL,
    PRIMARY KEY(user, room)) WITHOUT ROWID;
CREATE INDEX draft_user ON draft(user, rev);
ALTER TABLE user ADD COLUMN draft_touch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN last_seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN revoked_by TEXT;
)sql",
    // Pages of the pinned and of the image and file messages of a room, and where the generations
    // of its log part.
    R"sql(
ALTER TABLE room ADD COLUMN base INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_pinned ON message(room, seq) WHERE kind<=4 AND (flags & 4)<>0;
CREATE INDEX message_media ON message(room, seq) WHERE kind IN (1,2) AND (flags & 2)=0;
)sql",
    // The refresh token that `current` was first given for, and when: it may come once more, when
    // the answer was lost.
    R"sql(
ALTER TABLE session ADD COLUMN previous BLOB;
ALTER TABLE session ADD COLUMN rotated INTEGER NOT NULL DEFAULT 0;
)sql",
};

} // namespace

std::span<const char* const> migrations() noexcept
{
    return kMigrations;
}

std::int64_t schemaVersion() noexcept
{
    return static_cast<std::int64_t>(kMigrations.size());
}

Result<void> migrate(Db& db)
{
    const std::int64_t application = db.integer("PRAGMA application_id");
    const std::int64_t version = db.integer("PRAGMA user_version");
    const std::int64_t tables = db.integer("SELECT count(*) FROM sqlite_schema");
    if (db.failed())
        return fail(db.error());
    // A version below 0 was written by nobody.
    if (version < 0 ||
        (application != kApplicationId && (application != 0 || version != 0 || tables != 0)))
        return fail(ErrorCode::StorageCorrupt, "not a Skein server database");
    if (version > schemaVersion()) {
        return fail(ErrorCode::StorageVersion, "database version " + std::to_string(version) +
                                                   ", program " + std::to_string(schemaVersion()));
    }
    for (std::int64_t next = version; next < schemaVersion(); ++next) {
        const std::string stamp = "PRAGMA application_id=" + std::to_string(kApplicationId) +
                                  ";PRAGMA user_version=" + std::to_string(next + 1) + ";";
        db.exec("BEGIN IMMEDIATE");
        db.exec(kMigrations[static_cast<std::size_t>(next)]);
        db.exec(stamp.c_str());
        db.exec("COMMIT");
        if (db.failed()) {
            Error why = db.error();
            db.clearError();
            if (db.inTransaction())
                db.exec("ROLLBACK");
            return fail(std::move(why));
        }
    }
    return {};
}

} // namespace skein::server::sqlite
