integration "a" {
  probe = core.http
  config {
    url     = "https://example.com"
    headers = { Accept = "text/plain", Authorization = "Bearer ${env("NOT_SET")}" }
  }
}
