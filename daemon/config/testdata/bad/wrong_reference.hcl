log {
  level = server.port
}
integration "a" {
  probe   = core.http
  timeout = server.port
  config {
    url    = server.port
    method = server.drain_timeout
  }
}
database "app" {
  driver = database.vega
  dsn    = "x"
}
