-- Accepted webhooks. seq is the order of arrival; body comes last so that
-- lists, which leave it out, do not read its pages.
CREATE TABLE entries (
  seq         INTEGER PRIMARY KEY,
  id          TEXT    NOT NULL,
  channel_id  TEXT    NOT NULL,
  received_at INTEGER NOT NULL,
  state       TEXT    NOT NULL,
  retry_at    INTEGER NOT NULL DEFAULT 0,
  again       INTEGER NOT NULL DEFAULT 0, -- 1: it was worked, or tried to be, before
  attempts    INTEGER NOT NULL DEFAULT 0,
  events      INTEGER NOT NULL DEFAULT 0,
  reason      TEXT    NOT NULL DEFAULT '',
  method      TEXT    NOT NULL,
  url         TEXT    NOT NULL,
  header      TEXT,
  elsewhere   TEXT,
  body        BLOB
);
CREATE UNIQUE INDEX entries_id ON entries (id);
CREATE INDEX entries_channel ON entries (channel_id, id);
CREATE INDEX entries_again ON entries (received_at) WHERE state = 'pending' AND again = 1;

-- No entry before this one is pending, but for those that are so again.
CREATE TABLE worked (seq INTEGER NOT NULL);
INSERT INTO worked VALUES (1);

-- Parts of webhooks that could not be used.
CREATE TABLE items (
  id         TEXT    NOT NULL PRIMARY KEY,
  channel_id TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  doc        TEXT    NOT NULL
);
CREATE INDEX items_channel ON items (channel_id, id);
CREATE INDEX items_at ON items (channel_id, at);

CREATE TABLE liveness (at INTEGER NOT NULL);
INSERT INTO liveness VALUES (0);
