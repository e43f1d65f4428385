integration "a" {
  probe = acme.orders
  config {
    url = "https://example.com"
  }
}
integration "b" {
  probe = acme.orders
  config {
    url = "https://example.com"
  }
  grant {
    http = ["GET https://status.example.com"]
  }
}
