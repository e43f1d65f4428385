alert "all" {
  integrations = ["*"]
  notify       = [notifier.used]
}
alert "health-checks" {
  enabled = false
}
alert "slow-queries" {
  enabled = false
}
alert "memory" {
  enabled = false
}
alert "cpu" {
  enabled = false
}
alert "file-descriptors" {
  enabled = false
}
alert "pool" {
  enabled = false
}
alert "configuration" {
  enabled = false
}
integration "orders" {
  probe = core.tcp
  config {
    address = "127.0.0.1:1"
  }
}
notifier "used" {
  type = "gotify"
  url  = "http://gotify.example.com"
  token = env("TOKEN")
}
notifier "local" {
  type = "gotify"
  url  = "http://10.0.0.5"
  token = env("TOKEN")
}
notifier "unused" {
  type = "slack"
  url  = env("TOKEN")
}
notifier "literal" {
  type = "slack"
  url  = "https://hooks.slack.com/services/T0/B0/secretsecret"
}
notifier "same" {
  type = "slack"
  url  = "https://hooks.slack.com/services/T0/B0/secretsecret"
}
notifier "chat" {
  type = "slak"
}
notifier "pages" {
  type = "pagerduty"
  url  = "https://events.pagerduty.com"
  routing_key = env("TOKEN")
}
notifier "wrong" {
  type = "slack"
  key  = env("TOKEN")
}
notifier "wrong-key" {
  type  = "opsgenie"
  token = env("TOKEN")
}
notifier "bot" {
  type    = "telegram"
  token   = env("UNSET")
  chat_id = "-1001234567890"
}
notifier "number" {
  type  = "telegram"
  token = env("SHORT")
  chat  = -1001234567890
}
notifier "hook" {
  type    = "webhook"
  url     = "https://hook.example.com/in"
  secrets = [env("SHORT"), env("TOKEN"), env("TOKEN")]
}
notifier "hooks" {
  type    = "webhook"
  url     = "https://hook.example.com/in"
  secrets = []
}
notifier "mail" {
  type    = "email"
  address = "mail.example.com"
  from    = "vega"
  to      = ["ops@example.com", "ops@example.com"]
}
notifier "mail-port" {
  type    = "email"
  address = "mail.example.com:465"
  from    = "vega@example.com"
  to      = ["ops@example.com", "ops@example.com"]
  user    = "vega"
}
notifier "mail-tls" {
  type    = "email"
  address = "mail.example.com:465"
  from    = "vega@example.com"
  to      = "ops@example.com"
  tls     = "ssl"
}
notifier "mail-clear" {
  type     = "email"
  address  = "mail.example.com:25"
  from     = "vega@example.com"
  to       = ["ops@example.com"]
  tls      = "none"
  user     = "vega"
  password = env("TOKEN")
}
notifier "chat room" {
  type  = "matrix"
  url   = "matrix.example.com"
  room  = "#ops:example.com"
  token = "literal-token-literal"
}
notifier "topic" {
  type = "ntfy"
  url  = "https://ntfy.sh/"
}
dead_man "outside" {
  url   = "http://hc.example.com/ping/0123456789abcdef"
  every = "1s"
}
dead_man "nowhere" {
}
alert "odd" {
  integrations = ["integration.orders"]
  notify       = [notifier.used.url]
  when         = "above"
  group_wait   = "10s"
}
