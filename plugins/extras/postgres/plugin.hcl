abi         = "vega_v1"
name        = "postgres"
version     = "1.0.0"
description = "Watches a PostgreSQL server."

probe "server" {
  summary = "Looks at connections, long transactions and replication of a PostgreSQL server."
  option "database" {
    type        = "database"
    required    = true
    description = "The database to ask, as database.NAME. A user with the role pg_monitor sees the transactions of all others."
  }
  option "role" {
    type        = "string"
    default     = "any"
    one_of      = ["any", "primary", "standby"]
    description = "What the server has to be; a failover that nobody noticed is unhealthy."
  }
  option "max_connections" {
    type        = "number"
    default     = 80
    min         = 1
    max         = 100
    description = "More connections in use than that, in percent of those allowed, are degraded."
  }
  option "max_transaction" {
    type        = "duration"
    default     = "10m"
    description = "A transaction that is open for longer is degraded: it keeps dead rows from being removed, and may hold locks."
  }
  option "max_lag" {
    type        = "duration"
    default     = "30s"
    description = "A standby that is further behind is degraded."
  }
  capability "sql" {
    reason = "Reads the statistics of the server."
    from   = ["database"]
  }
}
