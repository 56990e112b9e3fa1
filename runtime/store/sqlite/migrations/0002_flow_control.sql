-- Flow control. Runs that something holds back belong to a line; those that wait in it are in a queue of the line, and
-- not in the plain queue. See runtime/engine/3-control/README.md.

-- line: of runs that have not ended. queue, place: while it waits. slots: while it is leased. wants: so many slots it asks for.
ALTER TABLE runs ADD COLUMN line INTEGER;
ALTER TABLE runs ADD COLUMN queue INTEGER;
ALTER TABLE runs ADD COLUMN place INTEGER;
ALTER TABLE runs ADD COLUMN slots INTEGER;
ALTER TABLE runs ADD COLUMN wants INTEGER;
ALTER TABLE runs ADD COLUMN head_start INTEGER;
DROP INDEX runs_in_queue;
CREATE INDEX runs_in_queue ON runs (queue_at) WHERE queue_at IS NOT NULL AND queue IS NULL;
CREATE INDEX runs_in_line ON runs (queue, place) WHERE queue IS NOT NULL;

-- runs: how many that have not ended belong to it; there is none with 0.
CREATE TABLE flow_lines (
  n        INTEGER PRIMARY KEY,
  function INTEGER NOT NULL,
  spec     TEXT NOT NULL,
  runs     INTEGER NOT NULL,
  UNIQUE (function, spec)
);

-- n: twice the line, plus one for runs that go on.
CREATE TABLE flow_queues (
  n             INTEGER PRIMARY KEY,
  function      INTEGER NOT NULL,
  turn          INTEGER NOT NULL,
  blocked_on    TEXT,
  blocked_limit INTEGER NOT NULL,
  size          INTEGER NOT NULL
);
CREATE INDEX flow_queues_ready   ON flow_queues (function, turn) WHERE blocked_on IS NULL;
CREATE INDEX flow_queues_blocked ON flow_queues (blocked_on, turn) WHERE blocked_on IS NOT NULL;

-- When a function was served last. 0: the plain queue.
CREATE TABLE flow_turns (
  function INTEGER PRIMARY KEY,
  turn     INTEGER NOT NULL
);

-- lim: the limit of the last who took a slot. throttle: JSON. expires_at: where nobody holds or waits for it.
CREATE TABLE flow_buckets (
  key        TEXT PRIMARY KEY,
  held       INTEGER NOT NULL,
  lim        INTEGER NOT NULL,
  queues     INTEGER NOT NULL,
  blocked    INTEGER NOT NULL,
  throttle   TEXT,
  wake_at    INTEGER,
  expires_at INTEGER
) WITHOUT ROWID;
CREATE INDEX flow_buckets_timed     ON flow_buckets (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX flow_buckets_by_expiry ON flow_buckets (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE flow_rates (
  key        TEXT PRIMARY KEY,
  next       INTEGER NOT NULL,
  newest     INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX flow_rates_by_expiry ON flow_rates (expires_at);

CREATE TABLE flow_rate_starts (
  key    TEXT NOT NULL,
  number INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (key, number)
) WITHOUT ROWID;

-- Runs that still take events in. state: the policy and what it keeps, as JSON.
CREATE TABLE flow_gathers (
  key    TEXT PRIMARY KEY,
  run    INTEGER NOT NULL UNIQUE,
  run_id TEXT NOT NULL,
  count  INTEGER NOT NULL,
  line   INTEGER NOT NULL,
  state  TEXT NOT NULL
) WITHOUT ROWID;

-- The ids of their events, many a row.
CREATE TABLE flow_gathered (
  run   INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  ids   TEXT NOT NULL,
  PRIMARY KEY (run, chunk)
) WITHOUT ROWID;

CREATE TABLE flow_singles (
  key    TEXT PRIMARY KEY,
  run_id TEXT NOT NULL
) WITHOUT ROWID;

-- Runs that are to be cancelled, since a later one of their singleton has taken their place.
CREATE TABLE flow_superseded (
  run_id TEXT PRIMARY KEY
) WITHOUT ROWID;

-- The policies under which a function's runs are in line.
CREATE TABLE flow_policies (
  function INTEGER PRIMARY KEY,
  hash     TEXT NOT NULL
);
