database "app" {
  driver = "postgres"
  dsn    = "postgres://127.0.0.1/app"
}
threshold "misspelt" {
  resource = system.memory.percnt
  warning  = 90
}
threshold "short" {
  resource = memory.percent
  warning  = 90
}
threshold "part" {
  resource = system.memory
  warning  = 90
}
threshold "quoted" {
  resource = "system.memory.percent"
  warning  = 90
}
threshold "text" {
  resource = system.process.username
  warning  = 90
}
threshold "attribute" {
  resource = server.port
  warning  = 90
}
threshold "database" {
  resource = database.ap.pool.percent
  error    = 100
}
threshold "of-database" {
  resource = database.app.pool.percnt
  error    = 100
}
threshold "whole-database" {
  resource = database.app
  error    = 100
}
threshold "bytes" {
  resource = system.disk.used
  warning  = 5000000
  error    = "many"
}
threshold "milliseconds" {
  resource = system.runtime.sched_latency.p99_ms
  warning  = 250
  error    = "1GiB"
}
threshold "percent" {
  resource = system.memory.percent
  warning  = "80%"
  error    = "${data_dir}"
}
threshold "without" {
  warning = 80
}
threshold "way" {
  resource = system.cpu.load1
  warning  = 5
  when     = "under"
}
