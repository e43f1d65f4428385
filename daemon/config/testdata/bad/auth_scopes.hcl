server {
  dashboard   = "yes"
  auth_scopes = ["read"]
}
