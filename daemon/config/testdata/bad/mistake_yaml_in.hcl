integration "a" {
  probe: core.http
  config:
    url: "https://example.com"
}
