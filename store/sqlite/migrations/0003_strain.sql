-- What the host suffered while a run lasted, in milliseconds; NULL where it was
-- not told.
ALTER TABLE runs ADD COLUMN late INTEGER;
ALTER TABLE runs ADD COLUMN pressure INTEGER;
ALTER TABLE runs ADD COLUMN throttled INTEGER;
