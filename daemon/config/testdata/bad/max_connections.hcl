server {
  max_connections            = 0
  max_connections_per_client = "many"
  trusted_proxies            = "10.0.0.1"
}
