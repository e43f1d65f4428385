database "app" {
  driver = "postgres"
  dsn    = "postgres://127.0.0.1/app"
}
threshold "misspelt" {
  metric  = system.memory.percnt
  warning = 90
}
threshold "short" {
  metric  = memory.percent
  warning = 90
}
threshold "part" {
  metric  = system.memory
  warning = 90
}
threshold "quoted" {
  metric  = "system.memory.percent"
  warning = 90
}
threshold "text" {
  metric  = system.process.username
  warning = 90
}
threshold "attribute" {
  metric  = server.port
  warning = 90
}
threshold "database" {
  metric = database.ap.pool.percent
  error  = 100
}
threshold "of-database" {
  metric = database.app.pool.percnt
  error  = 100
}
threshold "whole-database" {
  metric = database.app
  error  = 100
}
threshold "bytes" {
  metric  = system.disk.used
  warning = 5000000
  error   = "many"
}
threshold "milliseconds" {
  metric  = system.runtime.sched_latency.p99_ms
  warning = 250
  error   = "1GiB"
}
threshold "percent" {
  metric  = system.memory.percent
  warning = "80%"
  error   = "${data_dir}"
}
threshold "without" {
  warning = 80
}
threshold "way" {
  metric  = system.cpu.load1
  warning = 5
  when    = "under"
}
