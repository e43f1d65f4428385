server {
  port = 1e10000000
}
