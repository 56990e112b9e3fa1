-- Buckets by number, in the order in which they were made: those that are used one after the other are neighbours, and a commit
-- touches few pages. By their keys they were all over the table, and W7 wrote most of it with each commit.
CREATE TABLE numbered_buckets (
  n          INTEGER PRIMARY KEY,
  key        TEXT NOT NULL UNIQUE,
  held       INTEGER NOT NULL,
  lim        INTEGER NOT NULL,
  queues     INTEGER NOT NULL,
  blocked    INTEGER NOT NULL,
  throttle   TEXT,
  wake_at    INTEGER,
  expires_at INTEGER
);
INSERT INTO numbered_buckets (key, held, lim, queues, blocked, throttle, wake_at, expires_at)
  SELECT key, held, lim, queues, blocked, throttle, wake_at, expires_at FROM flow_buckets;

-- blocked_on: the number of a bucket.
CREATE TABLE numbered_queues (
  n             INTEGER PRIMARY KEY,
  function      INTEGER NOT NULL,
  turn          INTEGER NOT NULL,
  blocked_on    INTEGER,
  blocked_limit INTEGER NOT NULL,
  size          INTEGER NOT NULL
);
INSERT INTO numbered_queues (n, function, turn, blocked_on, blocked_limit, size)
  SELECT q.n, q.function, q.turn, b.n, q.blocked_limit, q.size
  FROM flow_queues q LEFT JOIN numbered_buckets b ON b.key = q.blocked_on;

DROP TABLE flow_buckets;
DROP TABLE flow_queues;
ALTER TABLE numbered_buckets RENAME TO flow_buckets;
ALTER TABLE numbered_queues RENAME TO flow_queues;
CREATE INDEX flow_buckets_timed     ON flow_buckets (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX flow_buckets_by_expiry ON flow_buckets (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX flow_queues_ready   ON flow_queues (function, turn) WHERE blocked_on IS NULL;
CREATE INDEX flow_queues_blocked ON flow_queues (blocked_on, turn) WHERE blocked_on IS NOT NULL;
