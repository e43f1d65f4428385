integration "me" {
  probe      = core.tcp
  depends_on = [integration.me]
  config {
    address = "example.com:80"
  }
}
integration "shop" {
  probe      = core.tcp
  depends_on = [integration.payments, integration.me]
  config {
    address = "example.com:81"
  }
}
integration "payments" {
  probe      = core.tcp
  enabled    = false
  depends_on = [integration.database]
}
integration "database" {
  probe      = core.tcp
  depends_on = [integration.shop]
  config {
    address = "example.com:82"
  }
}
