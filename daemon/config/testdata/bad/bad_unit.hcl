server {
  drain_timeout = 10
}
integration "a" {
  probe    = core.http
  interval = "5 minutes"
  timeout  = "-5s"
  memory   = 65536
  config {
    url      = "https://example.com"
    max_body = "many"
  }
}
integration "b" {
  probe    = core.tcp
  interval = "999999999h"
  config {
    address = "example.com:443"
  }
}
