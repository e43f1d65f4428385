integration "a" {
  probe = core.http
  config {
    url = https://example.com
  }
}
integration "b" {
  probe = core.http
  interval = 60s
  config {
    url = example.com
  }
}
