# Twenty-five mistakes and more, over several blocks.
data_dri = ".vega"
port = 8000

server {
  host          = "0.0.0.0"
  prot          = 8443
  api_key       = "short-key-123"
  drain_timeout = 10
  tls = {
    cert_file = "server.pem"
  }
}

log {
  level = "inof"
}

store {
  slow_query = "100"
  keep_runs  = "5m"
  max_size   = 5
}

llm {
  backend     = "olama"
  model_name  = 3
  base_url    = "ftp://127.0.0.1"
  temperature = 2.5
  top_p       = "0.9"
  timeout     = "-1s"
}

network {
  resolver = "10.0.0.2:99999"
}

database "vega" {
  driver = "postgres"
  dsn    = env("NO_SUCH_DSN")
}

database "app" {
  driver = "postgers"
  dsn    = evn("APP_DSN")
}

integration "llm" {
  probe    = "core.llm"
  interval = "500ms"
  timeout  = "301s"
  config {
    base_url = lmm.base_url
    modle    = llm.model_name
  }
}

integration "Orders" {
  probe = core.htpp
  url   = "https://orders.example.com"
}

integration "shop" {
  probe   = coer.redis
  enabled = "true"
  config {
    address = "cache"
  }
}

integration "web" {
  probe = core.http
  config {
    url         = "orders.example.com/health"
    max_latency = "${1 + 1}s"
  }
  grant {
    http = ["https://orders.example.com"]
    kv   = "1MiB"
  }
}

integration "web" {
  probe      = core.database
  depends_on = [integration.llms]
  config {
    database = "app"
  }
}

integration "broken" {
  probe = core.tcp
  config {
    address = "10.0.0.1:22
  }
}
