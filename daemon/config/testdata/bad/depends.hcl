integration "web" {
  probe      = core.tcp
  depends_on = [integration.databse, integration.databse, "database", database.vega, integration.database.config]
  config {
    address = "example.com:80"
  }
}
integration "database" {
  probe      = core.tcp
  depends_on = integration.web
  config {
    address = "example.com:5432"
  }
}
integration "twice" {
  probe      = core.tcp
  timeout    = integration.web
  depends_on = [integration.web, integration.web]
  config {
    address = "example.com:5432"
  }
}
