abi         = "vega_v1"
name        = "domain_expiry"
version     = "1.0.0"
description = "Tells when a domain has to be renewed."

probe "domain" {
  summary  = "Asks a registry by RDAP when a domain expires, and whether it is being taken away."
  interval = "6h"
  timeout  = "20s"
  option "domain" {
    type        = "string"
    required    = true
    description = "The registered domain, such as example.com; not a name below it."
  }
  option "rdap_url" {
    type        = "url"
    required    = true
    description = "Where the registry answers, without domain/NAME; data.iana.org/rdap/dns.json lists those of all top-level domains, as https://rdap.verisign.com/com/v1/ for .com."
  }
  option "warn_days" {
    type        = "number"
    default     = 30
    min         = 0
    description = "With fewer days left it is degraded."
  }
  capability "http" {
    reason  = "Asks the registry at rdap_url."
    from    = ["rdap_url"]
    methods = ["GET"]
  }
}
