server {
  host = 127
  port = "8080"
}
log {
  level = ["info"]
}
integration "a" {
  probe   = "core.http"
  enabled = "true"
}
integration "b" {
  probe   = core.http
  enabled = env("TOKEN")
  config {
    url              = { a = 1 }
    headers          = ["a"]
    expect_status    = 200
    follow_redirects = 1
    method           = env_set("X")
  }
}
integration "c" {
  probe = core.database
  config {
    database = "database.vega"
  }
}
integration "d" {
  probe   = core.http
  timeout = server.port
  config {
    url = server.port
  }
}
