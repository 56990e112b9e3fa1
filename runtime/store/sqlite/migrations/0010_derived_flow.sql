-- Who holds and who waits is told by the runs: the store counts it when it is opened. What it cannot tell stays: the
-- specifications of lines, and what throttles remember.
CREATE TABLE flow_throttles (
  n       INTEGER PRIMARY KEY,
  key     TEXT NOT NULL UNIQUE,
  state   TEXT NOT NULL,
  ends_at INTEGER NOT NULL
);
-- Rounded up.
INSERT INTO flow_throttles (key, state, ends_at)
  SELECT key, throttle, json_extract(throttle, '$.baseMs')
    + (json_extract(throttle, '$.cells') * json_extract(throttle, '$.periodMs') + json_extract(throttle, '$.limit') - 1)
      / json_extract(throttle, '$.limit')
  FROM flow_buckets WHERE throttle IS NOT NULL;
DROP TABLE flow_buckets;
DROP TABLE flow_queues;
DROP TABLE flow_turns;
DELETE FROM counters WHERE name = 'turn';
ALTER TABLE flow_lines DROP COLUMN runs;
