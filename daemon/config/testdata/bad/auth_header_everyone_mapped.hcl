server {
  trusted_proxies = ["::ffff:0.0.0.0/96"]
  auth_header     = "X-Forwarded-User"
}
