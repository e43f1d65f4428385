telemetry {
  otlp {
    endpoint = "https://collector.example.com?key=1"
    traces   = false
    metrics  = false
  }
  statsd {
    address = "tcp://127.0.0.1:8125"
  }
}
