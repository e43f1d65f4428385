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
