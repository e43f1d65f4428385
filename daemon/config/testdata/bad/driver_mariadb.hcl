database "shop" {
  driver = "mariadb"
  dsn    = "app@tcp(127.0.0.1:3306)/shop"
}

database "log" {
  driver = "postgresql"
  dsn    = "postgres://app@127.0.0.1/log"
}

integration "a" {
  probe = core.http
  config {
    url = "https://example.com"
  }
  auth {
    token = env("NOT_SET")
  }
}
