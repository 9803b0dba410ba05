-- Room changes of ours are shown before they are confirmed, as those of messages are: the row shows what is wanted, and
-- the server's own state is kept beside it while there is a difference to take back. Each field of a room knows the log
-- entry that it was last changed by, since a hole that fills later brings older ones.
ALTER TABLE rooms ADD COLUMN server_name TEXT;             -- null: as shown
ALTER TABLE rooms ADD COLUMN server_topic TEXT;
ALTER TABLE rooms ADD COLUMN server_archived INTEGER;
ALTER TABLE rooms ADD COLUMN name_rev INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN topic_rev INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN archived_rev INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rooms ADD COLUMN role_rev INTEGER NOT NULL DEFAULT 0;

-- Drafts are the same on all devices of a user (docs/adr/0012-drafts.md). An emptied one stays as a row until the server
-- has heard of it, and after that as what is known of the server's revision.
ALTER TABLE drafts ADD COLUMN reply_to INTEGER NOT NULL DEFAULT 0; -- seq of the message that it answers; 0 = none
ALTER TABLE drafts ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;      -- newest revision of the server heard of
ALTER TABLE drafts ADD COLUMN base INTEGER NOT NULL DEFAULT 0;     -- revision that `text` was written on top of
ALTER TABLE drafts ADD COLUMN temp_id TEXT NOT NULL DEFAULT '';    -- key under which `text` is told
ALTER TABLE drafts ADD COLUMN told INTEGER NOT NULL DEFAULT 0;     -- 1: the server has it
ALTER TABLE drafts ADD COLUMN other TEXT NOT NULL DEFAULT '';      -- text of another device that lost against `text`
ALTER TABLE drafts ADD COLUMN drop_other INTEGER NOT NULL DEFAULT 0; -- 1: to be told: the user is done with `other`
