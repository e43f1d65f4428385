integration "switch" {
  probe = core.http
  config {
    url = "https://10.0.0.5/"
  }
  tls {
    skip_verify = true
  }
}
integration "pinned" {
  probe = core.tcp
  config {
    address = "10.0.0.5:443"
  }
  tls {
    fingerprint = "12:34"
    ca_file     = "tls_block.hcl"
    client_cert = "tls_block.hcl"
    client_key  = "absent.key"
    server_name = "not a name"
  }
}
integration "half" {
  probe = core.tcp
  config {
    address = "10.0.0.5:443"
  }
  tls {
    client_key  = "absent.key"
    server_name = "b.example.com"
  }
}
integration "plain" {
  probe = core.http
  config {
    url = "http://10.0.0.5/"
  }
  tls {
    min_version = "1.3"
  }
}
integration "names" {
  probe = core.dns
  config {
    name = "www.example.com"
  }
  connect_to = "10.0.0.2:53"
  tls {
    min_version = "1.3"
  }
  auth {
    token = env("TOKEN")
  }
}
