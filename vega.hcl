# The configuration of vega. It works as it stands: no account, no key and no
# network are needed. Change what you like, then ask what vega makes of it:
#
#   vega validate config   says what is wrong here, and runs nothing
#   vega check             runs every integration once and shows a table
#   vega serve             keeps them checked, and answers over HTTP
#
# What holds everywhere:
#
# - Durations and sizes are text with a unit: "10s", "5m", "64KiB".
# - A relative path starts from the directory of the file that names it.
# - env("NAME") is the value of an environment variable. One that is not set,
#   or is empty, leaves the attribute out. env_set("NAME") is true or false.
# - file("PATH") is the content of a small file, without its last newline.
# - What env() and file() give is kept secret: no probe, log or answer shows it.
# - Other values are referred to by name (llm.base_url), and may stand within a
#   text: "http://127.0.0.1:${server.port}/healthz".
# - Every *.hcl file in the directory policies beside this one is read too, as
#   if it were part of this file.

# Everything that vega writes is in here.
data_dir = ".vega"

# vega loads this file again when it or another that it is made of changes, if
# all is valid; else it goes on with what it has, and says so. With false it
# does at SIGHUP and at POST /admin/config/reload only.
# watch = true

# Where vega answers HTTP.
server {
  host = "127.0.0.1"
  port = 8000

  # Asked for, as the header X-API-Key, by everything under /admin and /v1. If
  # it is not set, vega makes one at its first start, keeps it in
  # data_dir/api_key and says so. On any host but this one's own it must be set.
  api_key = env("VEGA_API_KEY")

  # How long requests in flight may take to end after SIGTERM.
  drain_timeout = "10s"

  # How many connections clients may have open, and one of them; if they are not
  # set, a share of the file descriptors that vega may have.
  # max_connections            = 256
  # max_connections_per_client = 64

  # Proxies in front of vega, whose X-Forwarded-For or Forwarded says who the
  # client is.
  # trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]

  # More keys, so that they can be changed one at a time.
  # key "dashboard" {
  #   value = env("VEGA_DASHBOARD_KEY")
  # }

  # HTTPS. The files are read again when they change.
  # tls {
  #   cert_file = "cert.pem"
  #   key_file  = "key.pem"
  # }
}

# What is logged: debug, info, warn or error; or DEBUG, INFO, WARNING, ERROR,
# CRITICAL.
log {
  level = "info"
}

# What vega must not forget, in one SQLite file. A query that takes slow_query
# or longer, there or in a database below, is kept with its plan:
# GET /admin/database/stats.
store {
  # path     = ".vega/vega.db"
  slow_query = "100ms"
  keep_runs  = "720h"
  max_size   = "1GiB" # beyond it, the oldest runs go
  # keep_conversations = "8760h" # for ever unless set
}

# The language model that your service leans on. The integration "llm" below
# refers to it. backend is "ollama", or "hf" for Hugging Face TGI and what
# answers like OpenAI.
llm {
  backend    = "ollama"
  model_name = "llama3.2"
  base_url   = "http://127.0.0.1:11434"

  # How it is to be asked. vega's own probes ask it nothing: these are for
  # integrations that refer to them, as llm.timeout.
  temperature = 0.7 # 0 to 2
  top_p       = 0.9 # over 0, up to 1
  timeout     = "60s"
}

# How names are resolved and certificates trusted; the system's ways unless
# said otherwise.
network {
  # resolver = "10.0.0.2:53"
  # ca_file  = "company-ca.pem"
}

# Where you drop plugins of others, as .wasm files. vega takes up a new,
# changed or removed one without a restart.
plugins {
  dir = "plugins"
}

# Databases that probes may be granted, beside vega's own, which is
# database.vega. driver is postgres, mysql or sqlite; for sqlite, dsn is the
# path of the file.
# database "app" {
#   driver = "postgres"
#   dsn    = env("APP_DSN")
# }

# An integration is a probe bound to a target. The probe runs in a sandbox: it
# reaches the targets that stand in config, and nothing else. What it needs
# beyond those is granted in a block of that name:
#
#   grant {
#     http = ["GET https://status.example.com"]
#     net  = ["tcp://mail.example.com:25"]
#     dns  = ["example.com"]
#     sql  = [database.app]
#     kv   = "64KiB"
#   }

# Is the model's server there, and has it the model?
integration "llm" {
  probe    = core.llm # plugin.probe
  interval = "1m"     # "0s": only when asked
  timeout  = "10s"    # 1s to 30s
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

# Does a web address answer? This one is vega's own.
integration "web" {
  probe = core.http
  config {
    url         = "http://127.0.0.1:${server.port}/healthz"
    max_latency = "1s" # slower is degraded
  }
}

# An API of somebody else, with a key. It is on once the variable is set.
integration "orders" {
  probe   = core.http
  enabled = env_set("ORDERS_API_KEY")
  # What its target leans on itself: while one of these is unhealthy, it is
  # named as the root cause.
  # depends_on = [integration.llm]
  config {
    url     = "https://orders.example.com/health"
    headers = { Authorization = "Bearer ${env("ORDERS_API_KEY")}" }
  }
}

# Does a web search find something? It asks DuckDuckGo, so it needs a network.
integration "web_search" {
  probe    = core.web_search
  enabled  = false
  interval = "15m"
}

# Are the keys of Shodan and Hunter good, and is there credit left? Either key
# is enough: with Hunter's alone, name that variable here.
integration "osint" {
  probe    = core.osint
  enabled  = env_set("SHODAN_API_KEY")
  interval = "1h"
  config {
    shodan_key = env("SHODAN_API_KEY")
    hunter_key = env("HUNTER_API_KEY")
  }
}

# Is the webhook alive? No message is posted.
integration "slack" {
  probe   = core.slack
  enabled = env_set("SLACK_WEBHOOK_URL")
  config {
    webhook_url = env("SLACK_WEBHOOK_URL")
  }
}

integration "home_assistant" {
  probe   = core.home_assistant
  enabled = env_set("HOME_ASSISTANT_TOKEN")
  config {
    base_url = "http://homeassistant.local:8123"
    token    = env("HOME_ASSISTANT_TOKEN")
  }
}

# One of each of the others, to copy from.

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

# From where on this machine, the container, vega itself and its databases give
# reason to worry. vega has thresholds for what matters most; one that is
# written here takes the place of vega's for the same figure.
#
#   vega docs config figures   lists what can be judged
#   vega diag                  shows how it is, and why
#
# threshold "memory" {
#   metric  = system.memory.percent
#   warning = 80
#   error   = 95
#   clear   = 75 # a warning that has begun ends here
# }
#
# threshold "disk-space" {
#   metric  = system.disk.free # less is worse
#   warning = "20GiB"
#   error   = "2GiB"
# }
