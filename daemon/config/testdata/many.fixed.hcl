# Twenty-five mistakes and more, over several blocks.
data_dir = ".vega"

server {
  host          = "10.0.0.5"
  port          = 8443
  api_key       = env("VEGA_API_KEY")
  drain_timeout = "10s"
  tls {
    cert_file = "server.pem"
    key_file  = "server.key"
  }
}

log {
  level = "info"
}

store {
  slow_query = "100ms"
  keep_runs  = "2h"
  max_size   = "5MiB"
}

llm {
  backend     = "ollama"
  model_name  = "3"
  base_url    = "http://127.0.0.1:11434"
  temperature = 2
  top_p       = 0.9
  timeout     = "90s"
}

network {
  resolver = "10.0.0.2:53"
}

database "main" {
  driver = "postgres"
  dsn    = env("NO_SUCH_DSN")
}

database "app" {
  driver = "postgres"
  dsn    = env("APP_DSN")
}

integration "llm" {
  probe    = core.llm
  interval = "1m"
  timeout  = "30s"
  config {
    base_url = llm.base_url
    model    = llm.model_name
  }
}

integration "orders" {
  probe = core.http
  config { url = "https://orders.example.com" }
}

integration "shop" {
  probe   = core.redis
  enabled = true
  config {
    address = "cache:6379"
  }
}

integration "web" {
  probe = core.http
  config {
    url         = "https://orders.example.com/health"
    max_latency = "2s"
  }
  grant {
    http = ["GET https://login.example.com"]
  }
}

integration "store" {
  probe      = core.database
  depends_on = [integration.llm]
  config {
    database = database.app
  }
}

integration "broken" {
  probe = core.tcp
  config {
    address = "10.0.0.1:22"
  }
}
