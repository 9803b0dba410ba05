-- A hole may swallow entries that changed the room's name, topic, archived or role: its present state is asked for until
-- one as of this entry or later has come, over connections and processes. 0 = nothing is due.
ALTER TABLE rooms ADD COLUMN info_due INTEGER NOT NULL DEFAULT 0;
