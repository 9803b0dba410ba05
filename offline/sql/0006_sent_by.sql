-- The outbox entry that a message of this device was sent by, kept when it is confirmed: should the server lose it, it
-- is sent again where it stood among what still waits.
ALTER TABLE messages ADD COLUMN sent_by INTEGER;
