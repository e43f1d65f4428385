alerting {
  slack {
    webhook = "https://hooks.slack.com/x"
  }
}
