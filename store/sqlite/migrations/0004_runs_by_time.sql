-- The history of an integration by time. A page without a filter follows
-- ix_runs_integration, in the order in which the runs ended.
CREATE INDEX ix_runs_began ON runs (integration, began);

-- The few runs that were not healthy (status 0), which are asked for most.
CREATE INDEX ix_runs_trouble ON runs (integration, began) WHERE status <> 0;
