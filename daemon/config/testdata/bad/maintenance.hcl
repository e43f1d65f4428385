integration "orders" {
  probe = core.tcp
  config {
    address = "127.0.0.1:1"
  }
}
maintenance "none" {
}
maintenance "empty" {
  integrations = ["order"]
  days         = []
  from         = "02:00"
  to           = "02:00"
}
maintenance "equal" {
  integrations = ["orders"]
  days         = ["sunday", "sun", "sun"]
  from         = "2:00"
  to           = "4 pm"
  timezone     = "berlin"
}
maintenance "same" {
  integrations = ["orders"]
  from         = "02:00"
  to           = "02:00"
  timezone     = "Mars/Olympus"
}
maintenance "never-comes" {
  integrations = ["orders"]
  from         = "02:00"
  to           = "02:00"
}
maintenance "always" {
  integrations = ["orders"]
  from         = "00:00"
  to           = "24:00"
}
maintenance "once" {
  integrations = ["orders"]
  from         = "2026-12-24T18:00:00Z"
  to           = "25:00"
}
maintenance "numbers" {
  integrations = "orders"
  from         = 2
  to           = "24:01"
  timezone     = "europe/berlin"
}
maintenance "words" {
  integrations = ["orders"]
  cron         = "0 3 * * *"
  start        = "02:00"
  end          = "03:00"
}
