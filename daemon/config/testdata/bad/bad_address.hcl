server {
  host = "here and there"
}
network {
  resolver = "dns:0"
}
integration "a" {
  probe = core.tcp
  config {
    address = "example.com"
  }
}
