server {
  dashboard       = false
  trusted_proxies = ["10.0.0.5", "::/0"]
  auth_header     = "X-Forwarded-User"
  auth_scopes     = ["write"]
}
