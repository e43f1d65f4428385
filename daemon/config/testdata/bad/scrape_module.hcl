scrape_module "http_2xx" {
  prober  = core.http
  targets = ["https://*.example.com"]
  config {
    valid_status_codes = [200]
  }
}
scrape_module "set" {
  probe   = core.http
  targets = ["https://*.example.com"]
  config {
    url = "https://www.example.com"
  }
}
scrape_module "patterns" {
  probe   = core.http
  targets = ["*.example.com", "https://*", "https://a.*.example.com", "https://*.10.0.0.1", "https://*.example.com:*", "https://user:p@a.example.com", "https://a.example.com", "https://a.example.com", ""]
}
scrape_module "ranges" {
  probe   = core.tcp
  targets = ["10.0.0.0/8", "10.0.0.1/8:22", "10.0.0.0/33:22", "a.example.com", "[2001:db8::/32]:22"]
}
scrape_module "empty" {
  probe   = core.tcp
  targets = []
}
scrape_module "from" {
  probe   = core.http
  from    = "method"
  targets = ["https://a.example.com"]
}
scrape_module "from_none" {
  probe   = core.http
  from    = "ulr"
  targets = ["https://a.example.com"]
}
scrape_module "several" {
  probe   = core.dns
  targets = ["8.8.8.8"]
}
scrape_module "none" {
  probe   = core.heartbeat
  targets = ["a"]
}
scrape_module "secret" {
  probe   = core.http
  targets = ["https://one.example.com", "https://*.example.com"]
  config {
    headers = { Authorization = "Bearer ${env("ORDERS_TOKEN")}" }
  }
}
scrape_module "plain" {
  probe   = core.redis
  targets = ["redis.example.com:6379"]
  config {
    password = "password-of-redis"
  }
}
scrape_module "lacks" {
  probe   = core.dns
  from    = "server"
  targets = ["8.8.8.8"]
}
scrape_module "more" {
  probe    = core.http
  targets  = ["https://a.example.com"]
  interval = "1m"
  auth {
    token = env("ORDERS_TOKEN")
  }
  config {
    method = "HEAD"
    body   = "x"
  }
}
scrape_module "lost" {
  probe   = core.htpp
  targets = ["https://a.example.com"]
}
