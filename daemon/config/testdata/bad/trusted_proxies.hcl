server {
  max_connections            = 50
  max_connections_per_client = 100
  trusted_proxies            = ["10.0.0.1/8", "127.0.0.1", "example.com", "fe80::1%eth0", "0.0.0.0/0", "::ffff:10.0.0.0/104", "10.0.0.0/33"]
}
