server {
  trusted_proxies = ["10.0.0.5"]
  auth_header     = "transfer-encoding"
  auth_scopes     = []
}
