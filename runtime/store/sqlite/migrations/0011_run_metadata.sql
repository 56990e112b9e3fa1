-- What applications note on runs and steps; `step` is the wire form of the step's key, '' for the run itself.
CREATE TABLE run_metadata (
  run INTEGER NOT NULL,
  step TEXT NOT NULL,
  kind TEXT NOT NULL,
  content TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (run, step, kind)
) WITHOUT ROWID;
