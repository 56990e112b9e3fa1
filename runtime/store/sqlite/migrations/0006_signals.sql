-- signal: of the wake that listens to it. One whose place another has taken is named in `rest` alone.
ALTER TABLE wakes ADD COLUMN signal TEXT;
CREATE UNIQUE INDEX wakes_by_signal ON wakes (signal) WHERE signal IS NOT NULL;
