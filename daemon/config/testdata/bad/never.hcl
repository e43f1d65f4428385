# What could never work, or has no effect.
integration "slow" {
  probe   = core.http
  timeout = "5s"
  config {
    url           = "https://example.com"
    max_latency   = "5s"
    expect_status = []
  }
}
integration "url" {
  probe = courier.lookup
  config {
    name = "https://example.com/"
  }
}
integration "port" {
  probe = courier.lookup
  config {
    name = "example.com:53"
  }
}
integration "dots" {
  probe = core.tcp
  config {
    address = "www..example.com:22"
  }
}
integration "page" {
  probe = courier.page
  config {
    url      = "https://example.com"
    headers  = { X-Team = "a", x-team = "b" }
    expect   = ""
    min_size = "2KiB"
    max_size = "1KiB"
  }
}
integration "ping" {
  probe = core.ping
}
