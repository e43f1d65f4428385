server {
  port = 80000
}
log {
  level = "inof"
}
llm {
  backend = "olama"
}
integration "a" {
  probe    = core.http
  timeout  = "6m"
  interval = "10ms"
  memory   = "1KiB"
  config {
    url           = "https://example.com"
    method        = env("TOKEN")
    expect_status = [200, 999]
    max_latency   = "1m"
  }
}
integration "b" {
  probe = core.dns
  config {
    name = "EXAMPLE_COM"
  }
}
