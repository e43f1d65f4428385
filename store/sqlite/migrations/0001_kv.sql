-- What probes keep across runs. Keys are bytes: a probe may use any.
CREATE TABLE kv (
  integration TEXT NOT NULL,
  key         BLOB NOT NULL CHECK (length(key) BETWEEN 1 AND 256),
  value       BLOB NOT NULL,
  PRIMARY KEY (integration, key)
) STRICT, WITHOUT ROWID;
