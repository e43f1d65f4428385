abi         = "vega_v1"
name        = "memcached"
version     = "1.0.0"
description = "Watches a memcached server."

probe "server" {
  summary = "Asks a memcached server for its statistics, and judges connections, hits and evictions."
  option "address" {
    type        = "address"
    default     = "127.0.0.1:11211"
    description = "Where it listens, host:port."
  }
  option "max_connections" {
    type        = "number"
    default     = 90
    min         = 0
    max         = 100
    description = "More connections in use than that, in percent of those allowed, are degraded."
  }
  option "min_hits" {
    type        = "number"
    default     = 0
    min         = 0
    max         = 100
    description = "Fewer hits than that, in percent of what was asked for since the last run, are degraded; 0 judges none."
  }
  option "max_evictions" {
    type        = "number"
    min         = 0
    description = "More values thrown out for want of room since the last run are degraded; not judged unless set."
  }
  capability "net" {
    reason  = "Asks the server at address for its statistics."
    from    = ["address"]
    methods = ["tcp"]
  }
  capability "kv" {
    reason   = "Keeps the counters of the last run, to judge what happened since."
    optional = true
  }
}
