integration "a" {
  probe = acme.orders
  config {
    url      = "https://example.com"
    database = database.vega
  }
}
integration "b" {
  probe = acme.orders
  config {
    url = "https://example.com"
  }
  grant {
    sql = [database.vega]
  }
}
