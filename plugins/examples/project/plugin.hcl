# What the plugin says of itself. vega reads it out of the .wasm without running
# it: the options are checked before anything starts, and what is no capability
# here can't be granted.

abi         = "vega_v1"
name        = "backlog"
version     = "0.1.0"
description = "Watches how much work waits."

probe "queue" {
  summary = "Asks a service by HTTP how many jobs wait, and judges the number."
  option "url" {
    type        = "url"
    required    = true
    description = "A page that answers with JSON."
  }
  option "path" {
    type        = "string"
    default     = "waiting"
    description = "Where the number stands in the JSON, such as queues.0.waiting."
  }
  option "max" {
    type        = "number"
    default     = 100
    min         = 0
    description = "More jobs than that are too many."
  }

  # The operator writes the url, and grants it by that: only there can the
  # probe send anything.
  capability "http" {
    reason  = "Asks the page at url."
    from    = ["url"]
    methods = ["GET"]
  }
}
