database "app" {
  driver = "postgres"
  dsn    = "postgres://app:pass#word@db.example.com:5432/app"
}
database "shop" {
  driver = "mysql"
  dsn    = "mysql://shop@db.example.com:3306/shop"
}
integration "app" {
  probe = core.database
  config {
    database = database.app
    query    = "DELETE FROM t"
  }
}
integration "shop" {
  probe = core.database
  config {
    database = database.vega
    query    = "SELECT 1; SELECT 2"
  }
}
