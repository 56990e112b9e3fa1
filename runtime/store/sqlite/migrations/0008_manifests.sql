-- The applications that have run on the store; started_at: when last, in ms since 1970. The latest is the present one.
CREATE TABLE manifests (
  hash TEXT PRIMARY KEY,
  manifest TEXT NOT NULL,
  started_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX manifests_by_start ON manifests (started_at);
