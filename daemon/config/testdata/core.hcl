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

probe "heartbeat" {
  summary = "Waits for a job to report by HTTP, and is unhealthy when a report is late."
  option "token" {
    type        = "string"
    required    = true
    sensitive   = true
    description = "What the job sends to identify itself, preferably from env(): at least 16 characters."
  }
  option "grace" {
    type        = "duration"
    min         = 1
    max         = 31536000
    description = "How late a report may be, and how long a job that reports its start may run. Default: the interval, 5m at most."
  }
  option "cron" {
    type        = "string"
    description = "When the job runs, instead of the integration's interval: the five fields of a crontab, such as \"30 3 * * 1-5\", or @hourly, @daily, @weekly, @monthly or @yearly. A time that the clock skips runs at the end of the gap, one that exists twice runs once; with * at the beginning of the minute or hour, the job runs whenever the clock shows a matching time."
  }
  option "timezone" {
    type        = "string"
    default     = "UTC"
    requires    = ["cron"]
    description = "The time zone of cron, such as \"Europe/Berlin\"."
  }
  option "get" {
    type        = "bool"
    default     = false
    description = "Whether a GET request also counts as a report. Link previews, scanners and prefetching browsers send GET requests, too."
  }
}
