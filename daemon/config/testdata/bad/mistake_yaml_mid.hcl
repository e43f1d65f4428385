integration "a" {
  probe = core.http
  config {
    url = "https://example.com"
  }
}
alerting:
  slack:
    webhook-url: "https://hooks.slack.com/x"
