defaults {
  interval = "30"
  timeout  = "5s"
  memory   = "64KiB"
  group    = " web\tservers "
  labels   = { "bad-key" = "x", job = "y", __name__ = "z" }
  runbook  = "wiki/page"
  probe    = core.http
}
defaults {
}
integration "a" {
  probe       = core.http
  timeout     = "3s"
  description = "one\ntwo"
  config {
    url = "https://example.com"
  }
}
