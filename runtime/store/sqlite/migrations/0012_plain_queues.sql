-- Functions take turns: each has a queue of its own.
DROP INDEX runs_in_queue;
CREATE INDEX runs_in_queue ON runs (function, queue_at) WHERE queue_at IS NOT NULL AND queue IS NULL;
