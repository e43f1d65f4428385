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

probe "ssh" {
  summary = "Checks the host key of an SSH server, logs in and runs a command, as the integration's ssh block says. Without that block, it shows identification and fingerprint."
  option "address" {
    type        = "address"
    required    = true
    description = "The address of the server, host:port, such as web.example.com:22."
  }
  option "expect_version" {
    type        = "string"
    description = "A text that the identification of the server must contain, such as OpenSSH."
  }
  option "exit_status" {
    type        = "list"
    of          = "number"
    min         = 0
    max         = 255
    conflicts   = ["nagios=true"]
    description = "The accepted exit statuses of the command; 0 if not set."
  }
  option "expect" {
    type        = "string"
    conflicts   = ["nagios=true"]
    description = "A text that the first 64 KiB of the command's output must contain."
  }
  option "expect_regex" {
    type        = "string"
    format      = "regex"
    conflicts   = ["nagios=true"]
    description = "A regular expression (RE2) that must match in the first 64 KiB of the command's output."
  }
  option "reject" {
    type        = "string"
    conflicts   = ["nagios=true"]
    description = "A text that the first 64 KiB of the command's output must not contain."
  }
  option "nagios" {
    type        = "bool"
    default     = false
    description = "The command is a Nagios plugin: exit status 0 is healthy, 1 degraded, 2 unhealthy and 3 unknown, and its first line is the message."
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if connection, login and command together take longer."
  }
  capability "ssh" {
    reason = "Connects to the configured address; vega logs in and runs the command."
    from   = ["address"]
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

probe "websocket" {
  option "url" {
    type     = "url"
    schemes  = ["ws", "wss"]
    required = true
  }
  option "headers" {
    type   = "map"
    format = "request_headers"
  }
  capability "websocket" {
    reason = "to open the WebSocket"
    from   = ["url"]
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
probe "flow" {
  summary = "Sends several HTTP requests, one after the other, and takes values from answers into later ones. Cookies are kept."
  option "steps" {
    type        = "list"
    of          = "object"
    required    = true
    description = "The requests, in order. The first that fails ends the check."
    field "name" {
      type        = "string"
      required    = true
      unique      = true
      pattern     = "[a-z][a-z0-9_-]{0,39}"
      description = "The name of the step in messages and metrics, such as \"login\"."
    }
    field "url" {
      type        = "url"
      required    = true
      fills       = true
      description = "The URL to request. {name} in its path or query stands for a value that an earlier step takes."
    }
    field "method" {
      type        = "string"
      default     = "GET"
      one_of      = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
      description = "The HTTP method."
    }
    field "headers" {
      type        = "map"
      format      = "request_headers"
      fills       = true
      description = "Headers to send, by name; {name} as in url."
    }
    field "body" {
      type        = "string"
      fills       = true
      description = "The request body; {name} as in url. A value is escaped as JSON or as a form, by the body's Content-Type."
    }
    field "take" {
      type        = "map"
      format      = "takes"
      description = "Values to take from the answer, by name: \"json: PATH\", \"header: NAME\", \"cookie: NAME\", or \"regex: EXPRESSION\" for what its group matches. They are not shown in results."
    }
    field "expect_status" {
      type        = "list"
      of          = "number"
      min         = 200
      max         = 599
      description = "The accepted statuses; 200 to 299 if not set."
    }
    field "expect_headers" {
      type        = "map"
      of          = "any"
      format      = "header_conditions"
      description = "Conditions on headers, as in core.http."
    }
    field "expect_body" {
      type        = "string"
      conflicts   = ["method=HEAD"]
      description = "A text that the first 1 MiB of the body must contain."
    }
    field "expect_regex" {
      type        = "string"
      format      = "regex"
      conflicts   = ["method=HEAD"]
      description = "A regular expression (RE2) that must match in the body."
    }
    field "reject_body" {
      type        = "string"
      conflicts   = ["method=HEAD"]
      description = "A text that the body must not contain."
    }
    field "expect_json" {
      type        = "map"
      of          = "any"
      format      = "json_conditions"
      conflicts   = ["method=HEAD"]
      description = "Conditions on the body's JSON, as in core.http."
    }
    field "follow_redirects" {
      type        = "bool"
      default     = true
      description = "Follow up to 10 redirects, to granted destinations."
    }
    field "max_latency" {
      type        = "duration"
      description = "Degraded if the step takes longer."
    }
  }
  option "max_latency" {
    type        = "duration"
    description = "Degraded if all steps together take longer."
  }
  capability "http" {
    reason  = "Sends the request of each step and follows its redirects."
    from    = ["steps.url"]
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
  }
}
