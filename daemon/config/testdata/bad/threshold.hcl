database "app" {
  driver = "postgres"
  dsn    = "postgres://127.0.0.1/app"
}
threshold "swapped" {
  resource = system.memory.percent
  warning  = 90
  error    = 80
}
threshold "same" {
  resource = system.cpu.process_percent
  warning  = 90
  error    = 90
}
threshold "clear" {
  resource = system.disk.free
  warning  = "20GiB"
  error    = "2GiB"
  clear    = "10GiB"
}
threshold "never" {
  resource = system.cpu.system_percent
  error    = 101
}
threshold "always" {
  resource = system.cpu.host_percent
  error    = -1
}
threshold "never-below" {
  resource = system.disks.free
  error    = "-1B"
}
threshold "always-below" {
  resource = system.network.total
  when     = "below"
  warning  = -1
}
threshold "never-ends" {
  resource = system.network.by_status.CLOSE_WAIT
  warning  = 100
  clear    = -5
}
threshold "silent" {
  resource = databases.wal_bytes
}
threshold "cpu" {
  resource = system.runtime.sched_latency.p99_ms
  warning  = "250ms"
}
threshold "twice" {
  resource = system.cpu.load1
  warning  = 5
}
threshold "again" {
  resource = system.cpu.load1
  error    = 9
}
threshold "both-ways" {
  resource = system.cpu.load1
  when     = "below"
  warning  = 1
}
threshold "cpu-throttling" {
  resource = system.threads.total
  warning  = 500
}
