defaults {
  timeout = "20s"
}
integration "neither" {
  probe = core.heartbeat
  config {
    token = "0123456789abcdef-literal"
  }
}
integration "both" {
  probe    = core.heartbeat
  interval = "24h"
  timeout  = "5s"
  config {
    token = env("TOKEN")
    cron  = "30 3 * * *"
    grace = "48h"
  }
}
integration "never" {
  probe = core.heartbeat
  config {
    token    = env("TOKEN")
    cron     = "0 0 30 2 *"
    timezone = "Europe/Berlin"
  }
}
integration "fields" {
  probe = core.heartbeat
  config {
    token    = env("SHORT")
    cron     = "0 30 3 * * *"
    timezone = "Europe/Atlantis"
  }
}
integration "zone" {
  probe = core.heartbeat
  config {
    token    = env("TOKEN")
    cron     = "@reboot"
    timezone = "Mars/Olympus"
  }
}
integration "where" {
  probe = core.heartbeat
  config {
    token    = env("TOKEN")
    cron     = "@daily"
    timezone = "Mars/Olympus"
  }
}
integration "request" {
  probe    = core.heartbeat
  interval = "0s"
  config {
    token    = "spaces are not for URLs"
    timezone = "Europe/Berlin"
    grace    = "0s"
  }
}
integration "patient" {
  probe    = core.heartbeat
  interval = "1m"
  config {
    token = env("TOKEN")
    grace = "1h"
    url   = "https://example.com"
  }
}
integration "other" {
  probe = core.tcp
  config {
    address = "example.com:443"
    token   = env("TOKEN")
    grace   = "1h"
    cron    = "@daily"
  }
}
