database "app" {
  driver = "postgres"
  dsn    = env("APP_DSN")
}
metric "orders-open" {
  database = database.app
  query    = "DELETE FROM orders"
  value    = "n"
}
metric "up" {
  database = database.ap
  query    = "SELECT 1 AS n"
  value    = ""
}
metric "orders_total" {
  database   = database.app
  query      = "SELECT ${env("APP_TABLE")} AS n"
  value      = "n"
  max_series = 5
  interval   = "5s"
  timeout    = "10s"
}
metric "labels" {
  database = database.app
  query    = "SELECT n FROM orders"
  value    = "n"
  labels   = ["n", "order state", "__name", "le", "state", "state", "job", ""]
  help     = "Two\nlines."
}
metric "bounds" {
  database   = "app"
  query      = "SELECT 1; SELECT 2"
  value      = "n"
  labels     = ["state"]
  interval   = "0s"
  max_series = 5000
  type       = "gauge"
  column     = "n"
}
metric "nothing" {
}
