-- What was said, and what is to be remembered of it. Times are microseconds
-- since 1970 in UTC: integers compare and sort without a format.
CREATE TABLE conversations (
  id         INTEGER PRIMARY KEY,
  ts         INTEGER NOT NULL,
  session_id TEXT NOT NULL,
  source     TEXT NOT NULL,
  reviewed   INTEGER NOT NULL DEFAULT 0 CHECK (reviewed IN (0, 1)),
  model      TEXT NOT NULL DEFAULT '',
  prompt     TEXT NOT NULL,
  response   TEXT NOT NULL
) STRICT;

-- One for each way in. The row's id is in every index, so it breaks ties
-- between equal times at no cost. They ascend although pages descend: SQLite
-- reads an index backwards as fast, and rows that arrive in order of time then
-- land at its right edge, where pages are filled and not split. Descending
-- ones were measured at twice the size.
CREATE INDEX ix_conv_session_ts ON conversations (session_id, ts);
CREATE INDEX ix_conv_ts_session ON conversations (ts);
CREATE INDEX ix_conv_reviewed_ts ON conversations (reviewed, ts);
CREATE INDEX ix_conv_source_ts ON conversations (source, ts);

CREATE TABLE memories (
  key     TEXT PRIMARY KEY,
  value   TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Names that runs repeat by the million.
CREATE TABLE run_names (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- Each run of a probe, in the order of their ends. Names, and the names of
-- details and metrics (shape), are references to run_names; data is their
-- values, a JSON list in the shape's order.
CREATE TABLE runs (
  id             INTEGER PRIMARY KEY,
  integration    INTEGER NOT NULL,
  probe          INTEGER NOT NULL,
  digest         INTEGER NOT NULL,
  shape          INTEGER NOT NULL,
  status         INTEGER NOT NULL,
  cause          INTEGER NOT NULL,
  began          INTEGER NOT NULL, -- milliseconds since 1970
  took           INTEGER NOT NULL, -- microseconds
  message        TEXT NOT NULL,
  data           TEXT NOT NULL,
  correlation_id ANY               -- 16 bytes where it was made here, else text
) STRICT;

-- The history of an integration. The id follows in the index: it is the order.
CREATE INDEX ix_runs_integration ON runs (integration);
