# The vega configuration. It works as is, without an account, a key or network
# access: the integrations "store" and "web" check vega itself. The others are
# off until you switch them on, each by one word or by a variable:
#
#   llm, web_search, dns, certificate, port, mail, redis   enabled = true
#   orders            set ORDERS_API_KEY
#   osint             set SHODAN_API_KEY
#   slack             set SLACK_WEBHOOK_URL
#   home_assistant    set HOME_ASSISTANT_TOKEN
#
# After changing it, run:
#
#   vega validate   check the configuration without running anything
#   vega check      run every integration once and show a table
#   vega serve      run the daemon: schedule the checks, serve HTTP
#
# General rules:
#
# - Durations and sizes are text with a unit: "10s", "5m", "64KiB".
# - A relative path starts from the directory of the file that contains it.
# - env("NAME") is a variable of the environment, or of vega.env (NAME=value). If
#   not set or empty, the attribute is left out. env_set("NAME"): true or false.
# - file("PATH") is the content of a small file, without its last newline.
# - Values of env() and file() are secret: no probe, log or answer shows them.
# - You can refer to other values by name (llm.base_url), also inside a string:
#   "http://127.0.0.1:${server.port}/healthz".
# - Every *.hcl file in the directory policies next to this one is read as if it
#   were part of this file. include adds others.

# The directory that vega writes its data to.
data_dir = ".vega"

# vega reloads the configuration when one of its files changes. If the new one
# is not valid, vega reports that and keeps the old one. If watch is false, vega
# reloads only on SIGHUP and POST /admin/config/reload.
# watch = true

# include = ["conf.d/*.hcl"]

# The HTTP server.
server {
  host = "127.0.0.1"
  port = 8000

  # Everything under /admin and /v1 requires this key, in the header X-API-Key.
  # If it is not set, vega generates one at its first start and stores it in
  # data_dir/api_key. Unless host is a loopback address, set it or use vega key.
  api_key = env("VEGA_API_KEY")

  # How long requests in flight may take to finish after SIGTERM.
  drain_timeout = "10s"

  # Maximum number of connections in total, and per client. The defaults depend
  # on the file descriptor limit.
  # max_connections            = 256
  # max_connections_per_client = 64

  # Proxies in front of vega whose X-Forwarded-For or Forwarded header is
  # trusted to name the client.
  # trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]

  # The URL at which clients reach vega through a proxy.
  # external_url = "https://ops.example.com/vega"

  # Additional keys, for example to rotate them. A key with scopes is limited to
  # these: read, write, conversations, metrics, probe, admin.
  # key "dashboard" {
  #   value  = env("VEGA_DASHBOARD_KEY")
  #   scopes = ["read"]
  # }

  # HTTPS. The files are reloaded when they change.
  # tls {
  #   cert_file = "cert.pem"
  #   key_file  = "key.pem"
  # }
}

# The minimum log level: debug, info, warn or error; or DEBUG, INFO, WARNING,
# ERROR, CRITICAL.
log {
  level = "info"
}

# vega's own database, one SQLite file. Queries that take slow_query or longer,
# in this or any other database, are recorded with their plan and advice:
# GET /admin/database/stats.
store {
  # path     = ".vega/vega.db"
  slow_query = "100ms"
  keep_runs  = "720h"
  max_size   = "1GiB" # beyond it, the oldest runs are deleted
  # keep_conversations = "8760h" # default: forever
}

# The language model that your service uses. The integration "llm" below checks
# it, once you switch that on. backend is "ollama", or "hf" for Hugging Face TGI
# and servers with an API like OpenAI's.
llm {
  backend    = "ollama"
  model_name = "llama3.2"
  base_url   = "http://127.0.0.1:11434"

  # Request parameters, for integrations that refer to them, such as
  # llm.timeout. The bundled probes send the model no prompts.
  temperature = 0.7 # 0 to 2
  top_p       = 0.9 # over 0, up to 1
  timeout     = "60s"
}

# Name resolution and trusted certificates, by default those of the system, and
# the HTTP proxy of the probes.
network {
  # resolver = "10.0.0.2:53"
  # ca_file  = "company-ca.pem"
  # proxy    = "http://proxy.example.com:3128"
  # no_proxy = [".example.com", "10.0.0.0/8"]
}

# The directory for third-party plugins, as .wasm files. vega loads a new or
# changed plugin, and unloads a removed one, without a restart.
plugins {
  dir = "plugins"
}

# Databases that probes can be granted, in addition to vega's own,
# database.vega. driver is postgres, mysql or sqlite; for sqlite, dsn is the
# path of the file.
# database "app" {
#   driver = "postgres"
#   dsn    = env("APP_DSN")
# }

# An integration is a probe and its target. The probe runs in a sandbox and can
# reach only the targets in config. A grant block allows more, for third-party
# plugins:
#
#   grant {
#     http = ["GET https://status.example.com"]
#     net  = ["tcp://mail.example.com:25"]
#     icmp = ["10.0.0.0/8"]
#     dns  = ["example.com"]
#     sql  = [database.app]
#     kv   = "64KiB"
#   }

# Values for integrations that do not set them.
#
# defaults {
#   interval = "30s"
#   labels   = { team = "platform" }
# }
#
# An integration that checks several targets: the instances hosts.web1 and
# hosts.web2. for_each_file = "hosts.txt" reads the targets from a file.
#
# integration "hosts" {
#   probe    = core.tcp
#   group    = "servers"
#   for_each = { web1 = "10.0.0.1", web2 = "10.0.0.2" }
#   config {
#     address = "${each.value}:22"
#   }
# }

# Is the model server running, and does it have the model? To switch it on, set
# base_url and model_name above, and write true here.
integration "llm" {
  probe    = core.llm # plugin.probe
  enabled  = false
  interval = "1m"  # "0s": only on request
  timeout  = "10s" # 1s to 5m
  config {
    backend  = llm.backend
    base_url = llm.base_url
    model    = llm.model_name
  }
}

# Does vega's own database answer?
integration "store" {
  probe = core.database
  config {
    database = database.vega
  }
}

# Does a URL answer? This one is vega's own, so it is checked while vega serve
# runs; without a daemon, vega check leaves it out.
integration "web" {
  probe = core.http
  config {
    url         = "http://127.0.0.1:${server.port}/healthz"
    max_latency = "1s" # slower is degraded
  }
}

# A third-party API with a key. It is enabled if the variable is set.
integration "orders" {
  probe   = core.http
  enabled = env_set("ORDERS_API_KEY")
  # What its target depends on: if one of these is unhealthy, it is reported as
  # the root cause.
  # depends_on = [integration.llm]
  config {
    url     = "https://orders.example.com/health"
    headers = { Authorization = "Bearer ${env("ORDERS_API_KEY")}" }
  }
}

# Does a web search find something? It needs access to DuckDuckGo. To switch it
# on, write true.
integration "web_search" {
  probe    = core.web_search
  enabled  = false
  interval = "15m"
}

# Are the Shodan and Hunter keys valid, and is there credit left? Either key is
# enough: with only Hunter's, use that variable for enabled.
integration "osint" {
  probe    = core.osint
  enabled  = env_set("SHODAN_API_KEY")
  interval = "1h"
  config {
    shodan_key = env("SHODAN_API_KEY")
    hunter_key = env("HUNTER_API_KEY")
  }
}

# Does the webhook exist? No message is posted. It is enabled if the variable is
# set.
integration "slack" {
  probe   = core.slack
  enabled = env_set("SLACK_WEBHOOK_URL")
  config {
    webhook_url = env("SLACK_WEBHOOK_URL")
  }
}

# Does Home Assistant run and accept the token? It is enabled if the variable is
# set.
integration "home_assistant" {
  probe   = core.home_assistant
  enabled = env_set("HOME_ASSISTANT_TOKEN")
  config {
    base_url = "http://homeassistant.local:8123"
    token    = env("HOME_ASSISTANT_TOKEN")
  }
}

# One example of each of the other probes. To switch one on, correct its target
# and write true.

integration "dns" {
  probe   = core.dns
  enabled = false
  config {
    name = "example.com"
    type = "A"
  }
}

integration "certificate" {
  probe   = core.tls
  enabled = false
  config {
    address  = "example.com:443"
    min_days = 14 # fewer days left is degraded
  }
}

integration "port" {
  probe   = core.tcp
  enabled = false
  config {
    address = "127.0.0.1:22"
    expect  = "SSH-2.0"
  }
}

# Ping. vega doctor says whether this machine permits it.
# integration "ping" {
#   probe = core.icmp
#   config {
#     host    = "router.example.com"
#     max_rtt = "50ms" # slower on average is degraded
#   }
# }

integration "mail" {
  probe   = core.smtp
  enabled = false
  config {
    address  = "mail.example.com:25"
    starttls = true
  }
}

integration "redis" {
  probe   = core.redis
  enabled = false
  config {
    address  = "127.0.0.1:6379"
    password = env("REDIS_PASSWORD")
  }
}

# Thresholds for this machine, the container, vega itself and its databases. The
# most important ones are built in; a threshold that you add here replaces the
# built-in one for the same metric.
#
#   vega docs config figures   list the metrics
#   vega diag                  show their values, and what causes them
#
# threshold "memory" {
#   metric  = system.memory.percent
#   warning = 80
#   error   = 95
#   clear   = 75 # a warning ends here
# }
#
# threshold "disk-space" {
#   metric  = system.disk.free # lower is worse
#   warning = "20GiB"
#   error   = "2GiB"
# }

# Who is notified of incidents. type is slack, mattermost, rocketchat, discord,
# teams, telegram, googlechat, matrix, ntfy, gotify, pushover, pagerduty,
# opsgenie, alertmanager, webhook or email:
#
#   vega docs config notifier.email   what a type needs
#   vega test notifier chat           send a test
#
# notifier "chat" {
#   type = "slack"
#   url  = env("SLACK_WEBHOOK_URL")
# }
#
# notifier "mail" {
#   type     = "email"
#   address  = "mail.example.com:587"
#   user     = "vega"
#   password = env("MAIL_PASSWORD")
#   from     = "vega@example.com"
#   to       = ["ops@example.com"]
# }

# Alerts. These are built in and notify all notifiers: health-checks,
# slow-queries, memory, cpu, file-descriptors, pool and configuration. An alert
# that you add here replaces the built-in one of the same name; enabled = false
# turns that one off.
#
# alert "health-checks" {
#   integrations    = ["*"] # or "orders-*", "group:payments/*", "label:team=core"
#   status          = ["unhealthy"]
#   after           = 3 # evaluations in a row
#   severity        = "critical"
#   notify          = [notifier.chat]
#   repeat_interval = "4h"
#   escalate {
#     after  = "15m"
#     notify = [notifier.mail]
#   }
# }
#
# alert "memory" {
#   metric = system.memory.percent
#   above  = 80
#   clear  = 75
#   for    = "5m"
# }
#
# alert "configuration" {
#   event    = "config_rejected" # or notifier_failing, store_failing, plugin_refused
#   severity = "critical"
# }

# A recurring window without messages on some integrations. For a single one,
# run: vega silence add
#
# maintenance "backup" {
#   integrations = ["orders"]
#   days         = ["sun"]
#   from         = "02:00"
#   to           = "04:00"
#   timezone     = "Europe/Berlin"
# }

# A service outside that notifies you when vega itself is down: vega requests
# the URL only while runs start on time and messages get out.
#
# dead_man "outside" {
#   url   = env("HEALTHCHECKS_URL")
#   every = "1m"
# }

# Prometheus scrapes GET /metrics with a key: vega key add prometheus --scopes
# metrics. For a scraper that can't send a key:
#
# metrics {
#   listen = "127.0.0.1:9464"
# }
#
# Traces and metrics for an OpenTelemetry collector, and metrics by StatsD:
#
# telemetry {
#   otlp {
#     endpoint = "http://127.0.0.1:4318"
#   }
#   statsd {
#     address = "127.0.0.1:8125"
#   }
# }
#
# A metric of your own, from a query. Alerts name it metric.orders_open, and
# vega history metric.orders_open shows it.
#
# metric "orders_open" {
#   database = database.app
#   query    = "SELECT state, count(*) AS n FROM orders GROUP BY state"
#   value    = "n"
#   labels   = ["state"]
# }

# A public page at /status/public: states and uptime of what is listed, under
# public names, without a key.
#
# status_page "public" {
#   title        = "Example Shop"
#   integrations = ["web", "llm"]
#   names        = { web = "Website", llm = "Assistant" }
# }
