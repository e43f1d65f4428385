integration "a" {
  probe = acme.orders
  config {
    url = "https://example.com"
  }
}
