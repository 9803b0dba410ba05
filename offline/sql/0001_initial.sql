-- The store of one account on one device. The rules behind each table: docs/adr/0005-client-store.md.
-- Cache (may be dropped and fetched again): users, rooms, messages with a seq, spans.
-- What the user wrote (nothing but the user deletes it): outbox, drafts, messages with the pending bit.

CREATE TABLE meta(
    key TEXT PRIMARY KEY,
    value ANY
) STRICT, WITHOUT ROWID;

-- Server ids are text; rows refer to them by small numbers.
CREATE TABLE users(
    id INTEGER PRIMARY KEY,
    server_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE rooms(
    id INTEGER PRIMARY KEY,                 -- < 2^23, the upper part of messages.id
    server_id TEXT NOT NULL UNIQUE,
    member INTEGER NOT NULL DEFAULT 1,      -- 0: left; kept because something unsent refers to it
    epoch INTEGER NOT NULL DEFAULT 0,
    kind INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '',
    topic TEXT NOT NULL DEFAULT '',
    role INTEGER NOT NULL DEFAULT 2,
    archived INTEGER NOT NULL DEFAULT 0,
    muted INTEGER NOT NULL DEFAULT 0,
    members INTEGER NOT NULL DEFAULT 0,
    head INTEGER NOT NULL DEFAULT 0,        -- of the server, as last heard
    head_ord INTEGER NOT NULL DEFAULT 0,
    synced INTEGER NOT NULL DEFAULT 0,      -- the cursor: every log entry up to here was applied or is a stated hole
    read INTEGER NOT NULL DEFAULT 0,        -- own position
    read_ord INTEGER NOT NULL DEFAULT 0,    -- unread = head_ord - read_ord
    read_told INTEGER NOT NULL DEFAULT 0,   -- what the server is known to know of `read`
    delivered_told INTEGER NOT NULL DEFAULT 0,
    others_read INTEGER NOT NULL DEFAULT 0,
    others_delivered INTEGER NOT NULL DEFAULT 0,
    mentions INTEGER NOT NULL DEFAULT 0,
    last_seq INTEGER NOT NULL DEFAULT 0,
    last_sender TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    last_kind INTEGER NOT NULL DEFAULT 0,
    last_text TEXT NOT NULL DEFAULT '',
    last_ts INTEGER NOT NULL DEFAULT 0,
    active_ts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX rooms_by_activity ON rooms(active_ts DESC, id) WHERE member = 1;

CREATE TABLE messages(
    id INTEGER PRIMARY KEY,                 -- room << 40 | seq; unsent: room << 40 | 1 << 39 | outbox.id
    tid INTEGER NOT NULL,                   -- created_ms * 1024 + tiebreak; the row's identity, kept when re-keyed
    temp_id TEXT,
    event_id TEXT,
    sender INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    body TEXT NOT NULL,
    ts INTEGER NOT NULL,
    ord INTEGER NOT NULL DEFAULT 0,
    snap_rev INTEGER NOT NULL DEFAULT 0,    -- rev of the last full copy from the server …
    body_rev INTEGER NOT NULL DEFAULT 0,    -- … and of later mutations of one part; 0 = none
    react_rev INTEGER NOT NULL DEFAULT 0,
    pin_rev INTEGER NOT NULL DEFAULT 0,
    flags INTEGER NOT NULL DEFAULT 0,       -- 1 edited, 2 deleted, 4 pinned, 8 mentions this user
    reply_to INTEGER NOT NULL DEFAULT 0,
    thread INTEGER NOT NULL DEFAULT 0,
    failed INTEGER,                         -- unsent only: the error code that it failed for
    extra TEXT,                             -- JSON: reactions, attachments, mentions; null = none
    base TEXT                               -- JSON: the server's state while unconfirmed changes are shown over it
) STRICT;
CREATE UNIQUE INDEX messages_by_tid ON messages(tid);
CREATE INDEX messages_by_temp ON messages(temp_id) WHERE temp_id IS NOT NULL;

-- Which seqs of a room are here, and as of when. Stated by replies, never inferred. Disjoint per room.
CREATE TABLE spans(
    room INTEGER NOT NULL,
    lo INTEGER NOT NULL,
    hi INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    PRIMARY KEY(room, lo)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox(
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- order of sending
    temp_id TEXT NOT NULL UNIQUE,
    room INTEGER NOT NULL,                  -- 0: of no room yet (room_create)
    op INTEGER NOT NULL,
    tid INTEGER NOT NULL,                   -- the message's own row, or the row that the operation changes; 0 = none
    payload TEXT NOT NULL,                  -- the frame as it goes over the wire
    failed INTEGER,                         -- error code; null = to be sent
    acked INTEGER NOT NULL DEFAULT 0,       -- seq of a confirmed change whose event has not come yet
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_by_tid ON outbox(tid);
CREATE INDEX outbox_by_room ON outbox(room);

CREATE TABLE drafts(
    room INTEGER PRIMARY KEY,
    text TEXT NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT;
