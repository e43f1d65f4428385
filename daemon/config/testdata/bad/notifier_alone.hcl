notifier "chat" {
  type = "slack"
  url  = "https://hooks.slack.com/${env("TOKEN")}"
}
alert "notifiers" {
  event = "notifier_failing"
}
