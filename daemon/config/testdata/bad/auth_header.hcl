server {
  external_url = "https://ops.example.com/status"
  auth_header  = "X-Forwarded-User"
  auth_scopes  = ["write", "metrics"]
  oidc         = "https://login.example.com"
}
