abi         = "vega_v1"
name        = "ntp"
version     = "1.0.0"
description = "Compares this machine's clock with a time server."

probe "offset" {
  summary  = "Asks a time server over SNTP, and judges how far this machine's clock is off."
  interval = "5m"
  option "address" {
    type        = "address"
    required    = true
    description = "The time server, host:port, such as ntp.example.com:123."
  }
  option "max_offset" {
    type        = "duration"
    default     = "500ms"
    min         = "1ms"
    description = "Degraded if the clock is off by more."
  }
  option "max_stratum" {
    type        = "number"
    default     = 10
    min         = 1
    max         = 15
    description = "Degraded if the server is further from a reference clock."
  }
  capability "net" {
    reason  = "Asks the server at address for the time."
    from    = ["address"]
    methods = ["udp"]
  }
}
