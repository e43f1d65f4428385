server {
  trusted_proxies = ["10.0.0.5"]
  auth_header     = "Authorization"
  auth_scopes     = []
}
