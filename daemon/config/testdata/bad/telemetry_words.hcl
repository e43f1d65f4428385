database "shop" {
  driver = "sqlite"
  dsn    = "shop.db"
}
metric "orders_open" {
  database = shop
  query    = "SELECT 1 AS n"
  value    = "n"
}
alert "bare" {
  metric = orders_open
  above  = 1
}
alert "exported" {
  metric = vega_metric_orders_open
  above  = 1
}
metrics {
  listen = ":9464"
}
telemetry {
  statsd {
    address = "unix:/run/statsd.sock"
  }
}
