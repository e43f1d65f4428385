server {
  port = 443
}
