integration "outside" {
  probe    = core.http
  ca_file  = "ca.pem"
  username = "vega"
  config {
    url = "https://a.example.com/"
  }
}
integration "inside" {
  probe = core.http
  config {
    url         = "https://a.example.com/"
    interval    = "30s"
    client_cert = "client.pem"
    auth {
      token = env("TOKEN")
    }
  }
}
integration "case" {
  probe = core.http
  config {
    url    = "https://a.example.com/"
    method = "get"
  }
}
integration "map" {
  probe    = core.tcp
  for_each = { a = { host = "a.example.com" } }
  config {
    address = "${each.value.hots}:22"
  }
}
threshold "small" {
  metric  = system.disk.free
  warning = 20
  error   = 2147483648
}
