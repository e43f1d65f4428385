abi         = "vega_v1"
name        = "memcached"
version     = "1.0.0"
description = "Monitors a memcached server."

probe "server" {
  summary = "Reads the statistics of a memcached server, and judges connections, hit rate and evictions."
  option "address" {
    type        = "address"
    default     = "127.0.0.1:11211"
    description = "The address of the server, host:port."
  }
  option "max_connections" {
    type        = "number"
    default     = 90
    min         = 0
    max         = 100
    description = "Degraded if more connections are in use, in percent of the maximum."
  }
  option "min_hits" {
    type        = "number"
    default     = 0
    min         = 0
    max         = 100
    description = "Degraded if the hit rate since the last run is lower, in percent; 0 disables the check."
  }
  option "max_evictions" {
    type        = "number"
    min         = 0
    description = "Degraded if more values were evicted since the last run; not checked unless set."
  }
  capability "net" {
    reason  = "Reads the statistics of the server at address."
    from    = ["address"]
    methods = ["tcp"]
  }
  capability "kv" {
    reason   = "Stores the counters of the last run, to judge what happened since."
    optional = true
  }
}
