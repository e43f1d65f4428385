-- Alerting. data is the record as JSON; the other columns are for queries, and
-- take precedence over it. Times are microseconds since 1970, minutes of figures
-- minutes since 1970.

-- A number is never used again, even if the last incidents are deleted.
CREATE TABLE incidents (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  opened  INTEGER NOT NULL,
  ended   INTEGER,          -- NULL while it is open
  root    INTEGER NOT NULL, -- the incident that explains it, or 0
  subject TEXT NOT NULL,    -- its name
  data    TEXT NOT NULL
) STRICT;
CREATE INDEX ix_incidents_opened ON incidents (opened);
CREATE INDEX ix_incidents_subject ON incidents (subject, opened);
CREATE INDEX ix_incidents_open ON incidents (opened) WHERE ended IS NULL;
CREATE INDEX ix_incidents_ended ON incidents (ended) WHERE ended IS NOT NULL;
CREATE INDEX ix_incidents_root ON incidents (root);

-- The incidents of an alert.
CREATE TABLE incident_alerts (
  alert    TEXT NOT NULL,
  opened   INTEGER NOT NULL,
  incident INTEGER NOT NULL,
  PRIMARY KEY (alert, opened, incident)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_incident_alerts_incident ON incident_alerts (incident);

CREATE TABLE incident_events (
  id       INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  data     TEXT NOT NULL
) STRICT;
CREATE INDEX ix_incident_events_at ON incident_events (incident, at);

-- What each notifier knows of each incident.
CREATE TABLE deliveries (
  incident INTEGER NOT NULL,
  notifier TEXT NOT NULL,
  done     INTEGER NOT NULL CHECK (done IN (0, 1)), -- nothing more is to be sent
  data     TEXT NOT NULL,
  PRIMARY KEY (incident, notifier)
) STRICT, WITHOUT ROWID;
CREATE INDEX ix_deliveries_open ON deliveries (incident) WHERE done = 0;

-- One alert on one subject, unless it is inactive.
CREATE TABLE watches (
  alert    TEXT NOT NULL,
  kind     TEXT NOT NULL, -- these three are the subject
  name     TEXT NOT NULL,
  instance TEXT NOT NULL,
  incident INTEGER NOT NULL, -- that it is part of, or 0
  data     TEXT NOT NULL,
  PRIMARY KEY (alert, kind, name, instance)
) STRICT, WITHOUT ROWID;

CREATE TABLE silences (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  begins INTEGER NOT NULL,
  over   INTEGER NOT NULL, -- when it ends, or ended
  data   TEXT NOT NULL
) STRICT;
CREATE INDEX ix_silences_over ON silences (over);

-- What figures were in each minute. resource and subject are in run_names. low
-- and high are NULL if they equal last.
CREATE TABLE figures (
  resource INTEGER NOT NULL,
  subject  INTEGER NOT NULL,
  minute   INTEGER NOT NULL,
  last     REAL NOT NULL,
  low      REAL,
  high     REAL,
  PRIMARY KEY (resource, subject, minute)
) STRICT, WITHOUT ROWID;
