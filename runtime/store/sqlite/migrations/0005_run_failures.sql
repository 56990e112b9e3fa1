-- The failed attempts outside of steps, as a JSON list of {"attempt", "at", "error"}; null for nearly all runs.
ALTER TABLE runs ADD COLUMN failures TEXT;
