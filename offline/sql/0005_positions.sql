-- How far each other member of a room has read, and got: what a message's "read by" is made of. Of rooms that were
-- opened here, as last heard; a room that was never opened has only the furthest of them (rooms.others_read).
CREATE TABLE positions(
    room INTEGER NOT NULL,
    user INTEGER NOT NULL,
    read INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    PRIMARY KEY(room, user)
) STRICT, WITHOUT ROWID;
