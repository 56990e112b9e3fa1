-- How a run will end, while the rollbacks of its steps run: {"status", "output"}.
ALTER TABLE runs ADD COLUMN ending TEXT;
