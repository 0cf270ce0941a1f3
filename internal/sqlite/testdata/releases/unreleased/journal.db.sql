CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL);
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
CREATE TABLE worked (seq INTEGER NOT NULL);
CREATE TABLE items (
  id         TEXT    NOT NULL PRIMARY KEY,
  channel_id TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  doc        TEXT    NOT NULL
);
CREATE INDEX items_channel ON items (channel_id, id);
CREATE INDEX items_at ON items (channel_id, at);
CREATE TABLE liveness (at INTEGER NOT NULL);
INSERT INTO migrations VALUES (1, 'initial', 1795397337794);
INSERT INTO entries VALUES (1, 'ev_1', 'ch_1', 1930367167089, 'pending', 0, 0, 0, 0, '', 'POST', '', NULL, NULL, X'7B7D');
INSERT INTO worked VALUES (1);
INSERT INTO liveness VALUES (0);
