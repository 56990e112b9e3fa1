-- Rows refer to each other by `n`, the order of insertion: short, and new rows come at the right edge of every index.
-- Texts that repeat (function ids, hashes, event names, owners) are kept once, in `names`.

CREATE TABLE names (
  n    INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
);

CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

-- run: the first run of the event, when they were inserted together; its other runs are in run_events.
CREATE TABLE events (
  n           INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  name        INTEGER NOT NULL,
  ts          INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  run         INTEGER,
  data        TEXT NOT NULL,
  key         TEXT,
  extra       TEXT
);

-- status: see status-codes.ts. event: the first event; `rest` has further ones and the parent, as JSON.
CREATE TABLE runs (
  n           INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  function    INTEGER NOT NULL,
  hash        INTEGER NOT NULL,
  event       INTEGER,
  status      INTEGER NOT NULL,
  owner       INTEGER,
  epoch       INTEGER NOT NULL,
  attempt     INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  started_at  INTEGER,
  queue_at    INTEGER,
  ended_at    INTEGER,
  output      TEXT,
  rest        TEXT
);
CREATE INDEX runs_in_queue  ON runs (queue_at) WHERE queue_at IS NOT NULL;
-- Not `running` (1): see leased_blocks. Not `completed` (3): nearly all are.
CREATE INDEX runs_by_status ON runs (status) WHERE status IN (0, 2, 4, 5, 6);

-- Sparse indexes: in which blocks of 256 numbers there are rows of a kind. An index with an entry a row would cost W1 a
-- tenth of its speed each. A block may be named here that has none (any more).
CREATE TABLE function_blocks (
  function INTEGER NOT NULL,
  block    INTEGER NOT NULL,
  PRIMARY KEY (function, block)
) WITHOUT ROWID;

CREATE TABLE event_blocks (
  name  INTEGER NOT NULL,
  block INTEGER NOT NULL,
  PRIMARY KEY (name, block)
) WITHOUT ROWID;

CREATE TABLE leased_blocks (
  block INTEGER PRIMARY KEY
);

-- What events.run does not tell; the first event of a run may also be one that is not stored.
CREATE TABLE run_events (
  event_id TEXT NOT NULL,
  run      INTEGER NOT NULL,
  PRIMARY KEY (event_id, run)
) WITHOUT ROWID;

-- what: kind and status, see status-codes.ts. rest: the columns that are mostly empty, as JSON.
CREATE TABLE steps (
  run        INTEGER NOT NULL,
  key        TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  what       INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at   INTEGER NOT NULL,
  output     TEXT NOT NULL,
  rest       TEXT,
  PRIMARY KEY (run, key)
) WITHOUT ROWID;

CREATE TABLE wakes (
  run        INTEGER NOT NULL,
  key        TEXT NOT NULL,
  kind       TEXT NOT NULL,
  name       TEXT,
  created_at INTEGER NOT NULL,
  due_at     INTEGER,
  event      TEXT,
  match_key  TEXT,
  rest       TEXT,
  PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX wakes_by_event ON wakes (event, match_key) WHERE event IS NOT NULL;

CREATE TABLE pending_matches (
  event      INTEGER PRIMARY KEY,
  match_keys TEXT NOT NULL
);

CREATE TABLE uniques (
  scope      TEXT NOT NULL,
  key        TEXT NOT NULL,
  run_id     TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX uniques_by_expiry ON uniques (expires_at);

CREATE TABLE workers (
  owner      INTEGER PRIMARY KEY,
  expires_at INTEGER NOT NULL
);

CREATE TABLE schedules (
  id         TEXT PRIMARY KEY,
  expression TEXT NOT NULL,
  next_at    INTEGER NOT NULL
) WITHOUT ROWID;
