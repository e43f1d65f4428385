integration "a" {
  probe      = core.tcp
  depends_on = integration.b
  for_each   = ["127.0.0.1:1"]
  config {
    address = each.value
  }
  grant {
    net = "tcp://example.com:25"
  }
}
integration "b" {
  probe = core.http
  config {
    url           = "https://example.com"
    expect_status = "200"
  }
}
plugins {
  trusted_keys = env("TOKEN")
}
server {
  host            = "localhost:8000"
  trusted_proxies = "127.0.0.1"
}
