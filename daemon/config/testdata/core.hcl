# A manifest like the bundled plugin's, for the tests.
name    = "core"
version = "1.0.0"

probe "http" {
  summary = "an HTTP answer"
  option "url" {
    type     = "url"
    required = true
  }
  option "method" {
    type    = "string"
    default = "GET"
    one_of  = ["GET", "HEAD", "POST"]
  }
  option "headers" {
    type      = "map"
    sensitive = true
  }
  option "expect_status" {
    type    = "list"
    of      = "number"
    default = [200]
    min     = 100
    max     = 599
  }
  option "max_latency" {
    type = "duration"
    min  = "1ms"
    max  = "30s"
  }
  option "max_body" {
    type    = "size"
    default = "1MiB"
  }
  option "follow_redirects" {
    type    = "bool"
    default = true
  }
  capability "http" {
    reason  = "to ask the URL"
    from    = ["url"]
    methods = ["GET", "HEAD", "POST"]
  }
}

probe "tcp" {
  timeout  = "5s"
  interval = "30s"
  option "address" {
    type     = "address"
    required = true
  }
  capability "net" {
    reason = "to connect"
    from   = ["address"]
  }
}

probe "dns" {
  option "name" {
    type     = "string"
    required = true
    pattern  = "[a-z0-9.-]+"
  }
  option "server" {
    type = "address"
  }
  capability "dns" {
    reason = "to ask"
    from   = ["name", "server"]
  }
}

probe "database" {
  option "database" {
    type     = "database"
    required = true
  }
  option "query" {
    type    = "string"
    default = "SELECT 1"
    sql     = true
  }
  capability "sql" {
    reason = "to query it"
    from   = ["database"]
  }
}

probe "osint" {
  needs_any = ["shodan_key", "hunter_key"]
  option "shodan_key" {
    type      = "string"
    sensitive = true
  }
  option "hunter_key" {
    type      = "string"
    sensitive = true
  }
  option "shodan_url" {
    type    = "url"
    default = "https://api.shodan.io"
  }
  capability "http" {
    reason = "to ask about the keys"
    from   = ["shodan_url"]
  }
}
