abi         = "vega_v1"
name        = "mqtt"
version     = "1.0.0"
description = "Monitors an MQTT broker."

probe "broker" {
  summary = "Logs in to an MQTT broker, and optionally subscribes and waits for a message."
  option "address" {
    type        = "address"
    required    = true
    description = "The address of the broker, host:port, such as mqtt.example.com:1883; with TLS, usually port 8883."
  }
  option "tls" {
    type        = "bool"
    default     = false
    description = "Use TLS and verify the certificate."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    requires    = ["tls=true"]
    description = "Degraded if the certificate is valid for fewer days."
  }
  option "version" {
    type        = "string"
    one_of      = ["3.1", "3.1.1", "5"]
    description = "The version of MQTT; if not set, 3.1.1, and 5 if the broker does not accept that."
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
    description = "The client identifier, if the broker requires a certain one; if not set, a new one for each check. The broker disconnects a client when another uses its identifier."
  }
  option "topic" {
    type        = "string"
    pattern     = "([^+#/]*|\\+)(/([^+#/]*|\\+))*(/#)?|#"
    description = "A topic to subscribe to. + stands for one level, and # for all that follow: both are whole levels, and # is the last."
  }
  option "expect" {
    type        = "string"
    format      = "regex"
    requires    = ["topic"]
    description = "A regular expression (RE2) that a message on topic must match before the timeout; a retained message arrives at once. A message may have up to 1 MiB."
  }
  option "retained" {
    type        = "bool"
    default     = true
    description = "Whether a retained message counts, which may be old; if not, one must be published during the check."
  }
  capability "net" {
    reason  = "Talks to the broker at address."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}
