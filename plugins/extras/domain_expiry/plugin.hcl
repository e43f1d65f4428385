abi         = "vega_v1"
name        = "domain_expiry"
version     = "1.0.0"
description = "Reports when a domain must be renewed."

probe "domain" {
  summary  = "Asks a registry over RDAP when a domain expires, and whether it is being deleted."
  interval = "6h"
  timeout  = "20s"
  option "domain" {
    type        = "string"
    required    = true
    pattern     = "[^\\s/:?#@%]+"
    description = "The registered domain, such as example.com; not a subdomain. An international domain may be in either form."
  }
  option "rdap_url" {
    type        = "url"
    required    = true
    description = "The base URL of the registry, without domain/NAME; data.iana.org/rdap/dns.json lists those of all top-level domains, such as https://rdap.verisign.com/com/v1/ for .com."
  }
  option "warn_days" {
    type        = "number"
    default     = 30
    min         = 0
    description = "Degraded if fewer days are left."
  }
  capability "http" {
    reason  = "Asks the registry at rdap_url."
    from    = ["rdap_url"]
    methods = ["GET"]
  }
}
