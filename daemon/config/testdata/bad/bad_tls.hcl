server {
  tls {
    cert_file = "no_key.hcl"
    key_file  = "no_key.hcl"
  }
}
network {
  ca_file = "absent.pem"
}
