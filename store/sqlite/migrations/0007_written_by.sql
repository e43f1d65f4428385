-- The versions of vega that have written to this file. An older vega names the last one
-- when it refuses the file. Times are microseconds since 1970.
CREATE TABLE written_by (
  schema   INTEGER NOT NULL,
  version  TEXT NOT NULL,
  revision TEXT NOT NULL, -- the commit, or ''
  began    INTEGER NOT NULL,
  PRIMARY KEY (schema, version, revision)
) STRICT, WITHOUT ROWID;
