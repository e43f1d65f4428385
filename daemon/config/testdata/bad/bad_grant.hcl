database "app" {
  driver = "sqlite"
  dsn    = "a.db"
}
integration "a" {
  probe = acme.orders
  config {
    url = "https://example.com"
  }
  grant {
    http = [
      "GET https://example.com/path",
      "https://example.com",
    ]
    sql = [database.app, "app"]
  }
}
