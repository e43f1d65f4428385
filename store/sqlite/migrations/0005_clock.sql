-- What is known of the wall clock, in one row: the time that retention goes by,
-- the last reading of the wall clock, and for how long that has not jumped.
-- Times are milliseconds since 1970.
CREATE TABLE clock (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  now    INTEGER NOT NULL,
  wall   INTEGER NOT NULL,
  steady INTEGER NOT NULL
) STRICT;
