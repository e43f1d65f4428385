# What an SDK must do right in any language. Each directory here contains the
# same probes in one language; conformance_test.go has the expected results.

abi         = "vega_v1"
name        = "conformance"
version     = "1.0.0"
description = "Makes every call of the ABI and reports the results."

probe "options" {
  summary = "Reads an option of every type."
  option "text" { type = "string" }
  option "long" { type = "string" }
  option "number" { type = "number" }
  option "whole" { type = "number" }
  option "flag" { type = "bool" }
  option "wait" { type = "duration" }
  option "size" { type = "size" }
  option "list" {
    type = "list"
    of   = "any"
  }
  option "map" { type = "map" }
  option "usual" {
    type    = "string"
    default = "as ever"
  }
  option "absent" { type = "string" }
}

probe "results" {
  summary = "Reports texts that are too long, and numbers that are not numbers."
}

probe "status" {
  summary = "Returns the requested status."
  option "status" { type = "number" }
}

probe "http" {
  summary = "Sends requests and reads the responses."
  option "url" { type = "url" }
  option "secure" { type = "url" }
  option "token" {
    type      = "string"
    sensitive = true
  }
  capability "http" {
    reason  = "Talks to the test's servers."
    from    = ["url", "secure"]
    methods = ["GET", "POST"]
  }
}

probe "net" {
  summary = "Uses connections of every kind."
  option "address" { type = "address" }
  option "secure" { type = "address" }
  option "datagram" { type = "address" }
  capability "net" {
    reason  = "Talks to the test's servers."
    from    = ["address", "secure", "datagram"]
    methods = ["tcp", "tls", "udp"]
  }
}

probe "errors" {
  summary = "Provokes every error and reports the SDK's message."
  option "untrusted" { type = "url" }
  option "absent" { type = "url" }
  option "loop" { type = "url" }
  option "refusing" { type = "address" }
  option "resetting" { type = "address" }
  option "silent" { type = "address" }
  option "elsewhere" { type = "string" }
  capability "http" {
    reason = "Talks to the test's servers."
    from   = ["untrusted", "absent", "loop"]
  }
  capability "net" {
    reason = "Talks to the test's servers."
    from   = ["refusing", "resetting", "silent"]
  }
}

probe "dns" {
  summary = "Queries a DNS server."
  option "name" { type = "string" }
  option "server" { type = "address" }
  capability "dns" {
    reason = "Queries the test's server."
    from   = ["name", "server"]
  }
}

probe "sql" {
  summary = "Reads rows."
  option "database" { type = "database" }
  capability "sql" {
    reason = "Queries the test's database."
    from   = ["database"]
  }
}

probe "kv" {
  summary = "Stores values, and too many of them."
  capability "kv" { reason = "Stores the test's values." }
}

probe "match" {
  summary = "Matches regular expressions."
}

probe "icmp" {
  summary = "Sends echo requests."
  option "host" { type = "string" }
  capability "icmp" {
    reason = "Asks this machine."
    from   = ["host"]
  }
}

probe "websocket" {
  summary = "Talks over a WebSocket."
  option "url" { type = "string" }
  capability "websocket" { reason = "Talks to the test's server." }
}

probe "ssh" {
  summary = "Looks at an SSH server."
  option "address" { type = "address" }
  capability "ssh" {
    reason = "Talks to the test's server."
    from   = ["address"]
  }
}

probe "unix" {
  summary = "Uses sockets in the file system."
  option "lines" { type = "string" }
  option "web" { type = "string" }
  capability "unix" {
    reason  = "Talks to the test's servers."
    from    = ["web"]
    methods = ["GET"]
  }
}

probe "http2" {
  summary = "Sends bytes over HTTP/2 and reads the trailers."
  option "url" { type = "url" }
  option "first" { type = "url" }
  capability "http" {
    reason  = "Talks to the test's servers."
    from    = ["url", "first"]
    methods = ["POST"]
  }
}
