# The plugin's manifest. vega reads it from the .wasm file without running it:
# options are checked before anything starts, and a capability that is not
# declared here can't be granted.

abi         = "vega_v1"
name        = "backlog"
version     = "0.1.0"
description = "Counts the jobs that are waiting."

probe "queue" {
  summary = "Asks a service over HTTP how many jobs are waiting, and judges the number."
  option "url" {
    type        = "url"
    required    = true
    description = "A page that returns JSON."
  }
  option "path" {
    type        = "string"
    default     = "waiting"
    description = "The path of the number in the JSON, such as queues.0.waiting."
  }
  option "max" {
    type        = "number"
    default     = 100
    min         = 0
    description = "Degraded if more jobs are waiting."
  }

  # The operator grants the url by writing it in the configuration. The probe
  # can send requests only there.
  capability "http" {
    reason  = "Requests the page at url."
    from    = ["url"]
    methods = ["GET"]
  }
}
