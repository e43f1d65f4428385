# The manifest of the plugin that comes with vega: its probes, the options each
# takes, and what each may ask of the host. A target that you write in an
# integration's config is granted by that; nothing else has to be.

abi         = "vega_v1"
name        = "core"
version     = "0.1.0"
description = "The probes that come with vega."

probe "http" {
  summary = "Sends an HTTP request and checks status, body, latency and certificate."
  option "url" {
    type        = "url"
    required    = true
    description = "What to request."
  }
  option "method" {
    type        = "string"
    default     = "GET"
    one_of      = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    description = "The HTTP method."
  }
  option "headers" {
    type        = "map"
    description = "Headers to send, by name."
  }
  option "body" {
    type        = "string"
    description = "What to send as the body."
  }
  option "expect_status" {
    type        = "list"
    of          = "number"
    min         = 100
    max         = 599
    description = "The statuses that are right; 200 to 299 if not set."
  }
  option "expect_body" {
    type        = "string"
    description = "A text that the first 1 MiB of the body must contain."
  }
  option "expect_regex" {
    type        = "string"
    description = "A regular expression (RE2) that must match in the first 1 MiB of the body."
  }
  option "expect_json" {
    type        = "map"
    of          = "any"
    description = "Values that the body's JSON must have, by dotted path, such as \"data.0.state\"."
  }
  option "follow_redirects" {
    type        = "bool"
    default     = true
    description = "Follow up to 10 redirects. Each must lead to a granted destination."
  }
  option "max_latency" {
    type        = "duration"
    description = "A slower answer is degraded."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    description = "A certificate that is valid for fewer days is degraded."
  }
  capability "http" {
    reason  = "Sends the request that you configure, and follows its redirects."
    from    = ["url"]
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
  }
}

probe "web_fetch" {
  summary = "As http, with the time of each phase (DNS, connect, TLS, first byte) as a metric."
  option "url" {
    type        = "url"
    required    = true
    description = "What to request."
  }
  option "method" {
    type        = "string"
    default     = "GET"
    one_of      = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    description = "The HTTP method."
  }
  option "headers" {
    type        = "map"
    description = "Headers to send, by name."
  }
  option "body" {
    type        = "string"
    description = "What to send as the body."
  }
  option "expect_status" {
    type        = "list"
    of          = "number"
    min         = 100
    max         = 599
    description = "The statuses that are right; 200 to 299 if not set."
  }
  option "expect_body" {
    type        = "string"
    description = "A text that the first 1 MiB of the body must contain."
  }
  option "expect_regex" {
    type        = "string"
    description = "A regular expression (RE2) that must match in the first 1 MiB of the body."
  }
  option "expect_json" {
    type        = "map"
    of          = "any"
    description = "Values that the body's JSON must have, by dotted path, such as \"data.0.state\"."
  }
  option "follow_redirects" {
    type        = "bool"
    default     = true
    description = "Follow up to 10 redirects. Each must lead to a granted destination."
  }
  option "max_latency" {
    type        = "duration"
    description = "A slower answer is degraded."
  }
  option "min_cert_days" {
    type        = "number"
    min         = 0
    description = "A certificate that is valid for fewer days is degraded."
  }
  capability "http" {
    reason  = "Sends the request that you configure, and follows its redirects."
    from    = ["url"]
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
  }
}

probe "tcp" {
  summary = "Connects, and where asked to sends a text and waits for an answer."
  option "address" {
    type        = "address"
    required    = true
    description = "host:port to connect to."
  }
  option "send" {
    type        = "string"
    description = "A text to send once connected."
  }
  option "expect" {
    type        = "string"
    description = "A text that must come back within the first 64 KiB."
  }
  option "tls" {
    type        = "bool"
    default     = false
    description = "Speak TLS, and verify the certificate."
  }
  capability "net" {
    reason  = "Connects to the address that you configure."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}

probe "dns" {
  summary = "Asks a DNS question and checks the answers."
  option "name" {
    type        = "string"
    required    = true
    description = "The name to ask for."
  }
  option "type" {
    type        = "string"
    default     = "A"
    one_of      = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]
    description = "The record type."
  }
  option "server" {
    type        = "address"
    description = "The server to ask, as host:port; the system's if not set."
  }
  option "expect" {
    type        = "list"
    description = "Records that must be among the answers, such as \"192.0.2.1\" or \"10 mail.example.com\"."
  }
  capability "dns" {
    reason = "Asks for the name that you configure, at the server that you configure."
    from   = ["name", "server"]
  }
}

probe "tls" {
  summary = "Checks a certificate (chain, name, days left) and the TLS version."
  option "address" {
    type        = "address"
    required    = true
    description = "host:port of the server."
  }
  option "server_name" {
    type        = "string"
    description = "The name that the certificate must be for; the address's host if not set."
  }
  option "min_days" {
    type        = "number"
    default     = 14
    min         = 0
    description = "A certificate that is valid for fewer days is degraded."
  }
  option "min_version" {
    type        = "string"
    one_of      = ["1.2", "1.3"]
    description = "The oldest TLS version that is right."
  }
  option "starttls" {
    type        = "string"
    one_of      = ["smtp", "imap", "postgres"]
    description = "The protocol that starts TLS on request; at once if not set."
  }
  capability "net" {
    reason  = "Makes a TLS handshake with the address that you configure."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}

probe "smtp" {
  summary = "Greets a mail server and starts TLS. It sends no mail."
  option "address" {
    type        = "address"
    required    = true
    description = "host:port; port 465 speaks TLS at once."
  }
  option "starttls" {
    type        = "bool"
    default     = true
    description = "Start TLS; a server that does not offer it is unhealthy."
  }
  option "helo" {
    type        = "string"
    default     = "vega.invalid"
    pattern     = "[A-Za-z0-9.:\\[\\]-]+"
    description = "The name to greet with."
  }
  capability "net" {
    reason  = "Speaks SMTP with the address that you configure."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}

probe "redis" {
  summary = "Authenticates where a password is given, and sends PING."
  option "address" {
    type        = "address"
    required    = true
    description = "host:port of the server."
  }
  option "tls" {
    type        = "bool"
    default     = false
    description = "Speak TLS, and verify the certificate."
  }
  option "username" {
    type        = "string"
    description = "The ACL user; the default user if not set."
  }
  option "password" {
    type        = "string"
    sensitive   = true
    description = "The password, best from env()."
  }
  capability "net" {
    reason  = "Speaks to the Redis server at the address that you configure."
    from    = ["address"]
    methods = ["tcp", "tls"]
  }
}

probe "llm" {
  summary = "Asks a model server for its version and models; it generates nothing."
  option "backend" {
    type        = "string"
    default     = "ollama"
    one_of      = ["ollama", "hf"]
    description = "ollama, or hf for Text Generation Inference and servers with OpenAI's API."
  }
  option "base_url" {
    type        = "url"
    required    = true
    description = "Where the server is, such as http://127.0.0.1:11434."
  }
  option "model" {
    type        = "string"
    description = "The model that must be there; missing is degraded."
  }
  option "api_key" {
    type        = "string"
    sensitive   = true
    description = "A bearer token, best from env()."
  }
  capability "http" {
    reason  = "Asks the model server that you configure for its version and models."
    from    = ["base_url"]
    methods = ["GET"]
  }
}

probe "database" {
  summary = "Runs a read-only query on a configured database."
  option "database" {
    type        = "database"
    required    = true
    description = "The database, such as database.app; database.vega is vega's own."
  }
  option "query" {
    type        = "string"
    default     = "SELECT 1"
    sql         = true
    description = "What to ask. A number in the first column becomes the metric value."
  }
  option "min_rows" {
    type        = "number"
    default     = 0
    min         = 0
    max         = 10000
    description = "Fewer rows are unhealthy."
  }
  option "max_latency" {
    type        = "duration"
    description = "A slower query is degraded."
  }
  capability "sql" {
    reason = "Runs the query that you configure, read-only."
    from   = ["database"]
  }
}

probe "web_search" {
  summary  = "Sends one query to DuckDuckGo's page without scripts and counts the results."
  interval = "15m"
  option "base_url" {
    type        = "url"
    default     = "https://html.duckduckgo.com/html/"
    description = "The page to ask; it is given the query as q."
  }
  option "query" {
    type        = "string"
    default     = "wikipedia"
    description = "What to search for."
  }
  capability "http" {
    reason  = "Sends one search."
    from    = ["base_url"]
    methods = ["GET"]
  }
}

probe "osint" {
  summary   = "Asks Shodan and Hunter whether the key is valid and what credits are left. It uses none."
  interval  = "15m"
  needs_any = ["shodan_key", "hunter_key"]
  option "shodan_key" {
    type        = "string"
    sensitive   = true
    description = "The Shodan API key, best from env()."
  }
  option "hunter_key" {
    type        = "string"
    sensitive   = true
    description = "The Hunter API key, best from env()."
  }
  option "min_credits" {
    type        = "number"
    default     = 10
    min         = 0
    description = "Fewer credits of any kind are degraded."
  }
  option "shodan_url" {
    type        = "url"
    default     = "https://api.shodan.io"
    description = "Where Shodan's API is."
  }
  option "hunter_url" {
    type        = "url"
    default     = "https://api.hunter.io"
    description = "Where Hunter's API is."
  }
  capability "http" {
    reason  = "Asks the two services about your account."
    from    = ["shodan_url", "hunter_url"]
    methods = ["GET"]
  }
}

probe "slack" {
  summary   = "Checks a webhook or a bot token without posting a message."
  needs_any = ["webhook_url", "bot_token"]
  option "webhook_url" {
    type        = "url"
    sensitive   = true
    description = "An incoming webhook, best from env(). Not the trigger of a workflow: an empty payload may start that."
  }
  option "bot_token" {
    type        = "string"
    sensitive   = true
    description = "A bot token (xoxb-…), best from env()."
  }
  option "base_url" {
    type        = "url"
    default     = "https://slack.com/api"
    description = "Where Slack's Web API is."
  }
  capability "http" {
    reason  = "Posts an empty payload to the webhook, which refuses it, and asks whose the token is."
    from    = ["webhook_url", "base_url"]
    methods = ["POST"]
  }
}

probe "home_assistant" {
  summary = "Asks Home Assistant whether it runs, and in what version."
  option "base_url" {
    type        = "url"
    required    = true
    description = "Where Home Assistant is, such as http://homeassistant.local:8123."
  }
  option "token" {
    type        = "string"
    required    = true
    sensitive   = true
    description = "A long-lived access token, best from env()."
  }
  capability "http" {
    reason  = "Reads the API's state and version."
    from    = ["base_url"]
    methods = ["GET"]
  }
}
