integration "a" {
  probe    = core.tcp
  interval = "10s"
  timeout  = "30s"
  config {
    address = "example.com:25"
  }
}
integration "b" {
  probe    = core.http
  interval = "5s"
  config {
    url = "https://example.com"
  }
}
integration "as_long_as" {
  probe    = core.http
  interval = "10s"
  timeout  = "10s"
  config {
    url = "https://example.com"
  }
}
integration "off" {
  probe    = core.http
  enabled  = false
  interval = "1s"
}
