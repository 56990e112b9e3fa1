-- What a run's row gives up when the run ends. Without it the row would grow in a page that is full, and the page be split: half of
-- what an ending costs.
ALTER TABLE runs ADD COLUMN room BLOB DEFAULT x'000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000';
