server {
  listen = ":8000"
}
network {
  dns        = "10.0.0.2"
  http_proxy = "http://proxy:3128"
}
log {
  format = "json"
}
database "app" {
  driver = "postgres"
  host   = "db"
  user   = "vega"
}
defaults {
  tls {
    ca_file = "ca.pem"
  }
  auth {
    token = "x"
  }
}
threshold "memory" {
  metric   = system.memory.percent
  warn     = 80
  critical = 90
}
integration "gatus" {
  probe  = core.http
  every  = "5m"
  alerts {
    type = "slack"
  }
  config {
    endpoint   = "https://example.com"
    status     = [200]
    conditions = ["[STATUS] == 200"]
  }
}
integration "blackbox" {
  probe   = core.http
  name    = "example"
  retries = 3
  config {
    url                   = "https://example.com"
    insecure_skip_verify  = true
    bearer_token          = "x"
    preferred_ip_protocol = "ip4"
  }
}
integration "nagios" {
  type           = "http"
  probe          = core.dns
  name           = "example.com"
  check_interval = 5
}
integration "tls" {
  probe = core.http
  config {
    url = "https://example.com"
  }
  tls {
    ca       = "ca.pem"
    cert     = "client.pem"
    key      = "client.key"
    insecure = true
  }
  auth {
    type = "basic"
    user = "vega"
    pass = "x"
  }
}
VEGA_API_KEY = "x"
