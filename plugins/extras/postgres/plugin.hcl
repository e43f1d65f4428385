abi         = "vega_v1"
name        = "postgres"
version     = "1.0.0"
description = "Monitors a PostgreSQL server."

probe "server" {
  summary = "Checks connections, long transactions and replication of a PostgreSQL server."
  option "database" {
    type        = "database"
    required    = true
    description = "The database to query, as database.NAME. A user with the role pg_monitor sees the transactions of all others."
  }
  option "role" {
    type        = "string"
    default     = "any"
    one_of      = ["any", "primary", "standby"]
    description = "The expected role of the server; unhealthy if it has another, such as after an unnoticed failover."
  }
  option "max_connections" {
    type        = "number"
    default     = 80
    min         = 1
    max         = 100
    description = "Degraded if more connections are in use, in percent of the maximum."
  }
  option "max_transaction" {
    type        = "duration"
    default     = "10m"
    description = "Degraded if a transaction is open for longer: it keeps dead rows from being removed, and may hold locks."
  }
  option "max_lag" {
    type        = "duration"
    default     = "30s"
    description = "Degraded if a standby is further behind."
  }
  capability "sql" {
    reason = "Reads the statistics of the server."
    from   = ["database"]
  }
}
