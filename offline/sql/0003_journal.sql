-- What happened to each thing that was sent, for a person who asks. No bodies, no names, no tokens. A log: bounded
-- by rows and age, looked through from end to end when somebody asks, so that writing needs no index.
CREATE TABLE journal(
    id INTEGER PRIMARY KEY,                 -- order of happening
    at_ms INTEGER NOT NULL,                 -- the device's clock
    what INTEGER NOT NULL,                  -- Happening (offline/journal.h); never renumbered
    room INTEGER NOT NULL DEFAULT 0,        -- 0 = of no room
    temp_id TEXT,                           -- null = of the device or of a whole room
    n INTEGER NOT NULL DEFAULT 0,           -- a seq, or the kind of operation
    code TEXT                               -- error, by its stable name
) STRICT;
