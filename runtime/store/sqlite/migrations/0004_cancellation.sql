-- cancel: the reason, as JSON, of a run that is to be cancelled and has not ended.
ALTER TABLE runs ADD COLUMN cancel TEXT;
CREATE INDEX runs_cancelling ON runs (n) WHERE cancel IS NOT NULL;

-- What watches a run as a whole (`cancelOn`, `timeouts`) is in wakes, too.
CREATE INDEX wakes_by_deadline ON wakes (due_at) WHERE kind = 'deadline';

-- Of many runs at once. ended_at: null while there are pages left.
CREATE TABLE cancellations (
  id             TEXT PRIMARY KEY,
  function       TEXT NOT NULL,
  started_after  INTEGER,
  started_before INTEGER,
  condition      TEXT,
  created_at     INTEGER NOT NULL,
  cursor         TEXT,
  ended_at       INTEGER,
  count          INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX cancellations_open ON cancellations (id) WHERE ended_at IS NULL;
