integration "orders" {
  probe = acme.orders
  config {
    url = "https://orders.example.com/health"
  }
  grant {
    http = [
      "GET https://orders.example.com",
      "GET https://ORDERS.example.com:443",
      "GET https://status.example.com",
      "GET https://status.example.com",
      "POST https://auth.example.com:8443",
    ]
    sql       = [database.app]
    plaintext = true
  }
}
integration "port" {
  probe = core.tcp
  config {
    address = "localhost:25"
  }
  grant {
    net = ["udp://localhost:25", "tcp://10.0.0.5:25"]
  }
}
integration "encrypted" {
  probe = core.http
  config {
    url     = "https://orders.example.com"
    headers = { Authorization = "Bearer ${env("TOKEN")}" }
  }
  grant {
    http      = ["GET http://127.0.0.1:8080"]
    plaintext = true
  }
}
integration "needed" {
  probe = core.http
  config {
    url     = "http://orders.example.com"
    headers = { Authorization = "Bearer ${env("TOKEN")}" }
  }
  grant {
    plaintext = true
  }
}
integration "off" {
  probe   = core.http
  enabled = false
  grant {
    plaintext = true
  }
}
database "app" {
  driver = "sqlite"
  dsn    = "app.db"
}
