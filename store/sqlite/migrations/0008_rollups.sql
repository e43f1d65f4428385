-- What runs and metrics were in steps of five minutes, an hour and a day.

-- What is rolled up: the status of an integration (metric ''), one of its metrics, or a
-- metric block (integration ''), of which each row has its labels.
CREATE TABLE rollup_series (
  id          INTEGER PRIMARY KEY,
  integration TEXT NOT NULL,
  metric      TEXT NOT NULL,
  labels      TEXT NOT NULL,
  UNIQUE (integration, metric, labels)
) STRICT;

-- The buckets of a series, 24 a row, of days 30. step is 1 for five minutes, 2 for an hour
-- and 3 for a day; at is when the row begins, in seconds since 1970; data is encoded by
-- package rollup. A row with step 0 says how many milliseconds a run of the integration
-- speaks for, from the run with the number at on.
CREATE TABLE rollups (
  series INTEGER NOT NULL,
  step   INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  data   BLOB NOT NULL,
  PRIMARY KEY (series, step, at)
) STRICT, WITHOUT ROWID;
