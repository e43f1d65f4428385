telemetry {
  otlp {
    endpoint = "https://collector.example.com?key=1"
    headers  = { "content-type" = "application/json" }
    traces   = false
    metrics  = false
  }
  statsd {
    address = "tcp://127.0.0.1:8125"
  }
}
