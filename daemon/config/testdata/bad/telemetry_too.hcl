metrics {
  listen = "10.0.0.5:80"
}
telemetry {
  otlp {
    endpoint = "http://collector.example.com:4317"
    headers  = { "api-key" = env("OTLP_KEY") }
    traces   = false
    sample   = 0.5
  }
  statsd {
    address = "/run/statsd.sock"
    prefix  = "vega"
  }
}
