integration "page" {
  probe = core.websocket
  config {
    url = "https://example.com/live?a=1"
  }
}
integration "socket" {
  probe = core.http
  config {
    url = "ws://example.com/live"
  }
}
integration "bare" {
  probe = core.websocket
  config {
    url = "example.com/live"
  }
}
integration "slashes" {
  probe = core.websocket
  config {
    url = "wss:/example.com/live"
  }
}
integration "plain" {
  probe = core.websocket
  config {
    url     = "ws://example.com/live"
    headers = { "Sec-WebSocket-Key" = "x" }
  }
  auth {
    token = env("TOKEN")
  }
  tls {
    skip_verify = true
  }
}
