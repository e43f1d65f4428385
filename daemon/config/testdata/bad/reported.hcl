metric "orders_open" {
  database = database.vega
  query    = "SELECT 1 AS n"
  value    = "n"
}
integration "one" {
  probe = core.tcp
  config {
    address = "127.0.0.1:1"
  }
}
integration "off" {
  probe    = core.tcp
  enabled  = false
  config {
    address = "127.0.0.1:1"
  }
}
integration "hosts" {
  probe      = core.tcp
  for_each   = { web1 = "127.0.0.1:1", "10.0.0.1" = "127.0.0.1:2" }
  depends_on = [integration.hosts["web1"].connect]
  config {
    address = each.value
  }
}
alert "good" {
  metric = metric.orders_open
  above  = -5
  clear  = -6
}
alert "good-too" {
  metric = integration.hosts["10.0.0.1"].connect
  above  = "250ms"
}
alert "each" {
  metric = integration.hosts.connect
  above  = 7
}
alert "unit" {
  metric = integration.one.connect
  above  = "250ms"
  clear  = 200
}
alert "misspelt" {
  metric = metric.order_open
  above  = 7
}
alert "quoted" {
  metric = "metric.orders_open"
  above  = 7
}
alert "whole" {
  metric = integration.one
  above  = 7
}
alert "nobody" {
  metric = integration.oen.connect
  above  = 7
}
alert "instance" {
  metric = integration.hosts["web2"].connect
  above  = 7
}
alert "instance-too" {
  metric = integration.hosts.web2.connect
  above  = 7
}
alert "disabled" {
  metric = integration.off.connect
  above  = 7
}
alert "clear" {
  metric = metric.orders_open
  below  = -5
  clear  = -6
}
alert "for" {
  metric = metric.orders_open
  above  = 5
  after  = 6
  for    = "2m"
}
threshold "negative" {
  metric  = metric.orders_open
  warning = -3
  error   = -2
}
threshold "turned" {
  metric  = integration.one.bytes
  warning = "2GiB"
  error   = "1GiB"
}
alert "never" {
  metric = integration.one.latency
  above  = 7
}
alert "near" {
  metric = integration.hosts["web1"].conect
  above  = 7
}
