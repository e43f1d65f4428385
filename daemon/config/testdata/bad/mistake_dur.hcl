integration "a" {
  probe = core.http
  interval = 60
  timeout = "5"
  config {
    url = "https://example.com"
    max_latency = 1000
  }
}
integration "b" {
  probe = core.http
  interval = "1m30"
  timeout = "5 s"
  config {
    url = "https://example.com"
  }
}
integration "c" {
  probe = core.http
  interval = "1 minute"
  timeout = "1,5s"
  config {
    url = "https://example.com"
  }
}
