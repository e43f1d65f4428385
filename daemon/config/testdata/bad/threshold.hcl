database "app" {
  driver = "postgres"
  dsn    = "postgres://127.0.0.1/app"
}
threshold "swapped" {
  metric  = system.memory.percent
  warning = 90
  error   = 80
}
threshold "same" {
  metric  = system.cpu.process_percent
  warning = 90
  error   = 90
}
threshold "clear" {
  metric  = system.disk.free
  warning = "20GiB"
  error   = "2GiB"
  clear   = "10GiB"
}
threshold "never" {
  metric = system.cpu.system_percent
  error  = 101
}
threshold "always" {
  metric = system.cpu.host_percent
  error  = -1
}
threshold "never-below" {
  metric = system.disks.free
  error  = "-1B"
}
threshold "always-below" {
  metric  = system.network.total
  when    = "below"
  warning = -1
}
threshold "never-ends" {
  metric  = system.network.by_status.CLOSE_WAIT
  warning = 100
  clear   = -5
}
threshold "silent" {
  metric = databases.wal_bytes
}
threshold "cpu" {
  metric  = system.runtime.sched_latency.p99_ms
  warning = "250ms"
}
threshold "twice" {
  metric  = system.cpu.load1
  warning = 5
}
threshold "again" {
  metric = system.cpu.load1
  error  = 9
}
threshold "both-ways" {
  metric  = system.cpu.load1
  when    = "below"
  warning = 1
}
threshold "cpu-throttling" {
  metric  = system.threads.total
  warning = 500
}
