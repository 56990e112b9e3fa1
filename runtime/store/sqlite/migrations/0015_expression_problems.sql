-- Expressions that could not be evaluated over an event: a condition counted as false, a key as none.
CREATE TABLE expression_problems (
  event      INTEGER NOT NULL,
  expression TEXT NOT NULL,
  message    TEXT NOT NULL,
  PRIMARY KEY (event, expression)
) WITHOUT ROWID;
