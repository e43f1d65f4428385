server {
  port = 8000
}
server {
  port = 8001
}
database "app" {
  driver = "sqlite"
  dsn    = "a.db"
}
database "app" {
  driver = "sqlite"
  dsn    = "b.db"
}
integration "web" {
  probe = core.http
  config {
    url     = "https://example.com"
    headers = { Accept = "a", Accept = "b" }
  }
}
data_dir = "a"
data_dir = "b"
