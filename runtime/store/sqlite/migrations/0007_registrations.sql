-- Applications that are called over HTTP. registration: JSON, as they have said it.
CREATE TABLE registrations (
  app          TEXT PRIMARY KEY,
  registration TEXT NOT NULL
) WITHOUT ROWID;
