abi         = "vega_v1"
name        = "ntp"
version     = "1.0.0"
description = "Holds this machine's clock against a time server."

probe "offset" {
  summary  = "Asks a time server by SNTP, and judges how far this machine's clock is off."
  interval = "5m"
  option "address" {
    type        = "address"
    required    = true
    description = "The time server, host:port; the port of NTP is 123."
  }
  option "max_offset" {
    type        = "duration"
    default     = "500ms"
    min         = "1ms"
    description = "A clock that is off by more is degraded."
  }
  option "max_stratum" {
    type        = "number"
    default     = 10
    min         = 1
    max         = 15
    description = "A server that is further than that from a reference clock is degraded."
  }
  capability "net" {
    reason  = "Asks the server at address for the time."
    from    = ["address"]
    methods = ["udp"]
  }
}
