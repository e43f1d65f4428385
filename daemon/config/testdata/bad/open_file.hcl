server {
  api_key = "0123456789abcdef-literal"
}
integration "orders" {
  probe = core.http
  config {
    url     = "https://orders.example.com"
    headers = { Authorization = "Bearer ${file("open_secret")}" }
  }
}
