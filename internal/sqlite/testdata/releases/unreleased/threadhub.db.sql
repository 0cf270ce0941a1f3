CREATE TABLE migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL);
CREATE TABLE contacts (
  id        TEXT    NOT NULL PRIMARY KEY,
  version   INTEGER NOT NULL,
  opted_out INTEGER NOT NULL, -- 1: does not want something
  search    TEXT    NOT NULL, -- folded text of what a search looks at
  doc       TEXT    NOT NULL
);
CREATE INDEX contacts_opted_out ON contacts (id) WHERE opted_out = 1;
CREATE TABLE identities (
  channel_id TEXT NOT NULL,
  peer       TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  PRIMARY KEY (channel_id, peer)
) WITHOUT ROWID;
CREATE INDEX identities_contact ON identities (contact_id);
CREATE TABLE conversations (
  id           TEXT    NOT NULL PRIMARY KEY,
  version      INTEGER NOT NULL,
  channel_id   TEXT    NOT NULL,
  contact_id   TEXT    NOT NULL,
  ordinal      INTEGER NOT NULL,
  status       TEXT    NOT NULL,
  style        TEXT    NOT NULL,
  assignee_id  TEXT    NOT NULL,
  group_id     TEXT    NOT NULL,
  follow_up_of TEXT    NOT NULL,
  unread       INTEGER NOT NULL, -- 1: something is unread
  reopened     INTEGER NOT NULL, -- 1: the customer has brought it back
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  close_due_at INTEGER,          -- only while solved and counting down
  queued_at    INTEGER,          -- only while waiting
  wake_at      INTEGER,          -- only while the customer's silence is waited for
  load         INTEGER NOT NULL, -- of the assignee's capacity: see threads.Load
  weight       INTEGER NOT NULL, -- places of it that are taken; never changes
  solved_at    INTEGER,          -- of the latest solve, while solved or closed
  figures      BLOB    NOT NULL, -- what reports read: see threads.Figures
  spent_at     INTEGER,          -- when it was closed, while there is something to erase
  tags         TEXT,             -- JSON list
  search       TEXT    NOT NULL, -- folded text of what a search looks at
  doc          TEXT    NOT NULL
);
CREATE UNIQUE INDEX conversations_ordinal ON conversations (channel_id, contact_id, ordinal);
CREATE UNIQUE INDEX conversations_live ON conversations (channel_id, contact_id) WHERE status <> 'closed';
CREATE INDEX conversations_updated ON conversations (updated_at, id);
CREATE INDEX conversations_created ON conversations (created_at, id, figures);
CREATE INDEX conversations_solved ON conversations (solved_at, id, figures) WHERE solved_at IS NOT NULL;
CREATE INDEX conversations_live_updated ON conversations (updated_at, id) WHERE status <> 'closed';
CREATE INDEX conversations_reopened ON conversations (updated_at, id) WHERE reopened = 1;
CREATE INDEX conversations_due ON conversations (close_due_at, id) WHERE close_due_at IS NOT NULL;
CREATE INDEX conversations_queued ON conversations (queued_at, id) WHERE queued_at IS NOT NULL;
CREATE INDEX conversations_wake ON conversations (wake_at, id) WHERE wake_at IS NOT NULL;
CREATE INDEX conversations_load ON conversations (assignee_id, load, weight) WHERE load > 0;
CREATE INDEX conversations_spent ON conversations (channel_id, style, spent_at, id) WHERE spent_at IS NOT NULL;
CREATE INDEX conversations_contact ON conversations (contact_id);
CREATE INDEX conversations_follow_up ON conversations (follow_up_of) WHERE follow_up_of <> '';
CREATE TABLE messages (
  seq             INTEGER PRIMARY KEY,
  id              TEXT    NOT NULL,
  channel_id      TEXT    NOT NULL,
  key             TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL,
  sent_at         INTEGER NOT NULL,
  sequence        INTEGER NOT NULL,
  version         INTEGER NOT NULL,
  in_flight       INTEGER NOT NULL DEFAULT 0, -- 1: a call may be out that delivers it
  doc             TEXT    NOT NULL
);
CREATE UNIQUE INDEX messages_id ON messages (id);
CREATE UNIQUE INDEX messages_key ON messages (channel_id, key);
CREATE INDEX messages_reading ON messages (conversation_id, sent_at, sequence, id);
CREATE TABLE external_ids (
  channel_id  TEXT NOT NULL,
  external_id TEXT NOT NULL,
  message_id  TEXT NOT NULL,
  PRIMARY KEY (channel_id, external_id, message_id)
) WITHOUT ROWID;
CREATE TABLE transitions (
  seq             INTEGER PRIMARY KEY,
  id              TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL,
  doc             TEXT    NOT NULL
);
CREATE UNIQUE INDEX transitions_id ON transitions (id);
CREATE INDEX transitions_conversation ON transitions (conversation_id, seq);
CREATE TABLE rule_alarms (
  conversation_id TEXT    NOT NULL PRIMARY KEY,
  version         INTEGER NOT NULL,
  at              INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX rule_alarms_at ON rule_alarms (at, conversation_id);
CREATE TABLE rule_runs (
  seq             INTEGER PRIMARY KEY,
  id              TEXT    NOT NULL,
  conversation_id TEXT    NOT NULL,
  rule_id         TEXT    NOT NULL,
  version         INTEGER NOT NULL,
  call_at         INTEGER,          -- only while a webhook is to be called
  doc             TEXT    NOT NULL
);
CREATE UNIQUE INDEX rule_runs_id ON rule_runs (id);
CREATE INDEX rule_runs_conversation ON rule_runs (conversation_id, id);
CREATE INDEX rule_runs_rule ON rule_runs (rule_id, id);
CREATE INDEX rule_runs_call ON rule_runs (call_at, id) WHERE call_at IS NOT NULL;
CREATE TABLE spool_intents (
  id   TEXT    NOT NULL PRIMARY KEY,
  lane TEXT    NOT NULL,
  at   INTEGER NOT NULL,
  doc  TEXT    NOT NULL
) WITHOUT ROWID;
CREATE INDEX spool_intents_lane ON spool_intents (lane, id);
CREATE INDEX spool_intents_at ON spool_intents (at, id);
CREATE TABLE spool_events (
  seq          INTEGER PRIMARY KEY,
  subscription TEXT    NOT NULL,
  id           TEXT    NOT NULL,
  lane         TEXT    NOT NULL,
  type         TEXT    NOT NULL,
  at           INTEGER NOT NULL,
  state        TEXT    NOT NULL,
  expires_at   INTEGER NOT NULL,
  outcome      TEXT    NOT NULL,
  doc          TEXT    NOT NULL
);
CREATE UNIQUE INDEX spool_events_id ON spool_events (subscription, id);
CREATE INDEX spool_events_state ON spool_events (subscription, state, id);
CREATE INDEX spool_events_waiting ON spool_events (subscription, lane, id) WHERE state = 'pending';
CREATE INDEX spool_events_lane ON spool_events (lane);
CREATE INDEX spool_events_expires ON spool_events (expires_at);
CREATE TABLE spool_lanes (
  subscription  TEXT    NOT NULL,
  lane          TEXT    NOT NULL,
  next_at       INTEGER NOT NULL,
  owner         TEXT    NOT NULL,
  attempts      INTEGER NOT NULL,
  failing_since INTEGER,
  version       INTEGER NOT NULL,
  PRIMARY KEY (subscription, lane)
) WITHOUT ROWID;
CREATE INDEX spool_lanes_next ON spool_lanes (subscription, next_at);
CREATE INDEX spool_lanes_idle ON spool_lanes (next_at);
CREATE TABLE routing_places (
  conversation_id TEXT    NOT NULL PRIMARY KEY,
  rank            INTEGER NOT NULL,
  queued_at       INTEGER,          -- unless the rank is 0
  offered_to      TEXT    NOT NULL,
  offer_until     INTEGER,          -- only while offered
  places          INTEGER NOT NULL  -- of the agent's capacity that the offer keeps
) WITHOUT ROWID;
CREATE INDEX routing_places_rank ON routing_places (rank, queued_at, conversation_id) WHERE rank <> 0;
CREATE INDEX routing_places_offer ON routing_places (offered_to, conversation_id, places) WHERE offered_to <> '';
CREATE INDEX routing_places_until ON routing_places (offer_until, conversation_id) WHERE offer_until IS NOT NULL;
CREATE TABLE routing_agents (
  agent_id TEXT    NOT NULL PRIMARY KEY,
  last_at  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE routing_decisions (
  id              TEXT NOT NULL PRIMARY KEY,
  conversation_id TEXT NOT NULL,
  doc             TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX routing_decisions_conversation ON routing_decisions (conversation_id, id);
CREATE TABLE parked (
  id          TEXT    NOT NULL PRIMARY KEY,
  channel_id  TEXT    NOT NULL,
  target      TEXT    NOT NULL,
  received_at INTEGER NOT NULL,
  doc         TEXT    NOT NULL
);
CREATE INDEX parked_target ON parked (channel_id, target, received_at, id);
CREATE INDEX parked_received ON parked (received_at, id);
CREATE TABLE deliveries (
  message_seq INTEGER PRIMARY KEY,
  channel_id  TEXT    NOT NULL,
  contact_id  TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  not_before  INTEGER NOT NULL,
  scheduled   INTEGER NOT NULL, -- 1: does not hold its lane up before its time
  bulk        INTEGER NOT NULL, -- 1: goes after those that are not
  doc         TEXT    NOT NULL
);
CREATE TABLE dead_letters (
  message_id TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE documents (
  kind        TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  unique_name TEXT,
  version     INTEGER NOT NULL,
  body        BLOB,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX documents_unique_name ON documents (kind, unique_name) WHERE unique_name IS NOT NULL;
CREATE TABLE idempotency (
  key          TEXT    NOT NULL PRIMARY KEY,
  fingerprint  TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  status       INTEGER NOT NULL,
  content_type TEXT    NOT NULL,
  body         BLOB
);
CREATE INDEX idempotency_created ON idempotency (created_at);
CREATE TABLE liveness (at INTEGER NOT NULL);
INSERT INTO migrations VALUES (1, 'initial', 1795397337717);
INSERT INTO conversations VALUES ('cv_1', 1, 'ch_1', 'ct_1', 1, 'open', '', '', '', '', 0, 0, 1930367167089, 1930367167089, NULL, NULL, NULL, 0, 1, NULL, X'0100E2A9CBADAE70000463685F310463745F3100000000000000000000000000000000', NULL, NULL, 'peer', '{"id":"cv_1","channel_id":"ch_1","contact":{"id":"ct_1","external_id":"peer"},"ordinal":1,"state":{"status":"open","style":"","close":{"after":0,"clock":""},"session":"","generation":0},"message_count":0,"unread_count":0,"last_sequence":0,"created_at":"2031-03-04T05:06:07.089Z","updated_at":"2031-03-04T05:06:07.089Z","version":1}');
INSERT INTO messages VALUES (1, 'msg_1_1', 'ch_1', 'msg_1_1', 'cv_1', 1930367167089, 0, 1, 0, '{"id":"msg_1_1","conversation_id":"cv_1","channel_id":"ch_1","contact_id":"ct_1","key":"msg_1_1","direction":"inbound","author":{"type":""},"content":{"type":"text","text":"x"},"status":"received","sequence":0,"sent_at":"2031-03-04T05:06:07.089Z","version":1}');
INSERT INTO messages VALUES (2, 'msg_1_2', 'ch_1', 'msg_1_2', 'cv_1', 1930367167089, 0, 1, 0, '{"id":"msg_1_2","conversation_id":"cv_1","channel_id":"ch_1","contact_id":"ct_1","key":"msg_1_2","direction":"outbound","author":{"type":""},"content":{"type":"text","text":"x"},"status":"queued","sequence":0,"sent_at":"2031-03-04T05:06:07.089Z","version":1}');
INSERT INTO deliveries VALUES (2, 'ch_1', 'ct_1', 1930367167089, 1930367167089, 0, 0, '{"message_id":"msg_1_2","conversation_id":"cv_1","channel_id":"ch_1","contact_id":"ct_1","to":{},"created_at":"2031-03-04T05:06:07.089Z","not_before":"2031-03-04T05:06:07.089Z"}');
INSERT INTO documents VALUES ('agent', 'ag_1', 'ada', 1, X'78');
INSERT INTO liveness VALUES (0);
