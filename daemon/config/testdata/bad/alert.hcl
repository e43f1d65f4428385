integration "orders" {
  probe  = core.tcp
  group  = "shop"
  labels = { team = "core" }
  config {
    address = "127.0.0.1:1"
  }
}
integration "idle" {
  probe    = core.tcp
  interval = "0s"
  config {
    address = "127.0.0.1:1"
  }
}
integration "off" {
  probe   = core.tcp
  enabled = false
  config {
    address = "127.0.0.1:1"
  }
}
database "app" {
  driver = "postgres"
  dsn    = "postgres://127.0.0.1/app"
}
notifier "chat" {
  type = "slack"
  url  = "https://hooks.slack.com/${env("TOKEN")}"
}
alert "nothing" {
}
alert "everything" {
  integrations = ["orders"]
  metric       = system.memory.percent
  event        = "config_rejected"
}
alert "mixed" {
  integrations = ["orders"]
  above        = 80
  clear        = 75
}
alert "mixed-metric" {
  metric = system.memory.percent
  above  = 80
  status = ["unhealthy"]
}
alert "mixed-event" {
  event = "config_rejected"
  after = 3
  for   = "5m"
}
alert "misspelt-event" {
  event = "config_rejekted"
}
alert "misspelt" {
  integrations = ["orderz", "group:shopp", "label:team=cor", "grup:shop", "label:team", "", "gone-*", "shop"]
  status       = ["unhealty", "disabled", "unhealthy", "unhealthy"]
  severity     = "crit"
  notify       = [notifier.chatt, notifier.chat, notifier.chat, "chat", chat]
  runbook      = "wiki.example.com"
}
alert "empty" {
  integrations = []
  status       = []
  notify       = []
}
alert "references" {
  integrations = [integration.orders]
  notify       = notifier.chat
}
alert "unbound" {
  metric = system.disk.free
}
alert "both" {
  metric = system.memory.percent
  above  = 80
  below  = 20
}
alert "never-above" {
  metric = system.memory.percent
  above  = 100
}
alert "always-above" {
  metric = databases.queries.slowest
  above  = "-1s"
}
alert "never-below" {
  metric = system.disk.free
  below  = "0B"
}
alert "always-below" {
  metric = system.memory.percent
  below  = 101
}
alert "wrong-side" {
  metric = system.memory.percent
  above  = 80
  clear  = 85
}
alert "wrong-side-below" {
  metric = system.disk.free
  below  = "2GiB"
  clear  = "1GiB"
}
alert "never-clears" {
  metric = system.cpu.load1
  above  = 8
  clear  = -1
}
alert "units" {
  metric = databases.queries.slowest
  above  = 1000
}
alert "no-base" {
  metric = database.shop.pool.percent
  above  = 80
}
alert "resource" {
  resource = system.memory.percent
  above    = 80
}
alert "no-log" {
  metric = database.app.wal_bytes
  above  = "1GiB"
}
alert "idle" {
  integrations = ["idle"]
}
alert "idle-for" {
  integrations = ["idle"]
  for          = "5m"
}
alert "off" {
  integrations = ["off"]
}
alert "for-is-short" {
  metric = system.memory.percent
  above  = 80
  after  = 10
  for    = "1m"
}
alert "after-is-short" {
  integrations = ["orders"]
  after        = 2
  for          = "1h"
}
alert "often" {
  integrations    = ["orders"]
  repeat_interval = "5s"
  escalate {
    notify = [notifier.chat]
  }
}
alert "one" {
  integrations = ["orders"]
  notify       = [notifier.chat]
}
alert "another" {
  integrations = ["orders"]
  notify       = [notifier.chat]
  escalate {
    after  = "15m"
    notify = [notifier.chat]
  }
  escalate {
    after  = "10m"
    notify = []
  }
}
alert "two" {
  integrations = ["orders"]
  notify       = [notifier.chat]
}
alert "two" {
  enabled = false
}
alert "disabled" {
  enabled = false
  metric  = system.memory.percent
}
