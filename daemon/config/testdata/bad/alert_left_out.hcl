notifier "chat" {
  type = "slack"
  url  = env("TOKEN")
}
notifier "mail" {
  type    = "email"
  address = "mail.example.com:587"
  from    = "vega"
  to      = ["ops@example.com"]
  enabled = false
}
notifier {
  type = "slack"
  url  = "https://hooks.slack.com/services/T0/B0/hooksecret"
}
alert "event" {
  event = env("MISSING")
}
alert "bound" {
  metric = system.memory.percent
  above  = env("MISSING")
}
alert "other" {
  metric = system.memory.percent
  above  = env("MISSING")
  below  = 10
}
alert "file-descriptor" {
  enabled = false
}
alert "mine" {
  enabled = false
}
alert "slow-queries" {
  enabled = false
}
alert "later" {
  enabled = false
  event   = "store_failing"
}
maintenance "night" {
  integrations = ["jobs.*"]
  from         = "02:00"
  to           = "03:00"
  timezone     = ""
  enabled      = true
}
heartbeat "old" {
  every = "1h"
}
dead_man "outside" {
  url    = env("TOKEN")
  method = "POST"
}
integration "jobs" {
  probe    = core.heartbeat
  interval = "1h"
  for_each = ["db1", "db2"]
  config {
    token = "0123456789abcdef-of-all-jobs"
  }
}
integration "web" {
  probe    = core.tcp
  schedule = "@daily"
  config {
    address = "127.0.0.1:1"
  }
}
