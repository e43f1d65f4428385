# To try the plugin here, run vega check or vega serve. To use it in another
# vega, copy backlog.wasm into its plugins/ and paste the integration into its
# vega.hcl.

plugins {
  dir = "."
}

integration "jobs" {
  probe    = backlog.queue
  interval = "1m"
  timeout  = "5s"
  config {
    url = "http://127.0.0.1:8080/status"
    max = 100
  }
}
