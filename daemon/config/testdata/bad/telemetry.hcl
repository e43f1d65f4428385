server {
  host = "127.0.0.1"
  port = 8000
}
metrics {
  listen     = "0.0.0.0:8000"
  max_series = 65
  path       = "/metrics"
}
telemetry {
  endpoint = "http://127.0.0.1:4318"
  otlp {
    endpoint = "http://user:password-of-otlp@collector.example.com:4317/v1/traces"
    headers  = { "api-key" = "0123456789abcdef", "content length" = "1" }
    interval = "100ms"
    sample   = 2
    protocol = "grpc"
    ca_file  = "missing.pem"
  }
  statsd {
    address = "udp://127.0.0.1:8125"
    prefix  = "my prefix"
    host    = "127.0.0.1"
  }
  prometheus {
  }
}
