abi         = "vega_v1"
name        = "mqtt"
version     = "1.0.0"
description = "Watches an MQTT broker."

probe "broker" {
  summary = "Logs in to an MQTT broker, and where asked to subscribes and waits for a message."
  option "address" {
    type        = "address"
    required    = true
    description = "Where it listens, host:port; usually port 1883, or 8883 with TLS."
  }
  option "tls" {
    type        = "bool"
    default     = false
    description = "Speak TLS from the beginning."
  }
  option "username" {
    type        = "string"
    description = "The user to log in as."
  }
  option "password" {
    type        = "string"
    sensitive   = true
    description = "The password, from env() or file()."
  }
  option "client_id" {
    type        = "string"
    default     = "vega"
    description = "What the broker knows the probe by; two clients of one name throw each other out."
  }
  option "topic" {
    type        = "string"
    description = "A topic to subscribe to."
  }
  option "expect" {
    type        = "string"
    description = "A regular expression (RE2) that a message on topic has to match before the timeout: a retained one comes at once."
  }
  capability "net" {
    reason  = "Talks to the broker at address."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}
