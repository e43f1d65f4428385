# The built-in thresholds. A threshold in vega.hcl or in a file in policies
# replaces the one here that has the same name or judges the same metric;
# enabled = false turns that one off.

threshold "memory" { # of the host, or of the container if its limit is lower
  metric  = system.memory.percent
  warning = 80
  error   = 95
  clear   = 75
}

threshold "cpu" { # of the host, or of the container's quota if it has one
  metric  = system.cpu.system_percent
  warning = 80
  error   = 95
  clear   = 70
}

threshold "cpu-throttling" { # share of periods in which the container used up its quota
  metric  = system.cpu.throttled_percent
  warning = 25
  error   = 75
  clear   = 15
}

threshold "file-descriptors" { # of vega's soft limit
  metric  = system.file_descriptors.percent
  warning = 80
  error   = 95
  clear   = 75
}

threshold "disk" { # of the data directory and of the root file system
  metric  = system.disks.percent
  warning = 80
  error   = 95
  clear   = 78
}

threshold "disk-inodes" {
  metric  = system.disks.inodes_percent
  warning = 80
  error   = 95
  clear   = 78
}

threshold "container-pids" { # processes and threads, of the cgroup's limit
  metric  = system.container.pids.percent
  warning = 80
  error   = 95
  clear   = 75
}

threshold "goroutines" { # vega has a few hundred with 10,000 integrations
  metric  = system.threads.go_routines
  warning = 10000
  error   = 100000
  clear   = 8000
}

threshold "threads" { # the Go runtime crashes a program at 10,000
  metric  = system.threads.total
  warning = 2000
  error   = 8000
  clear   = 1500
}

threshold "close-wait" { # connections that the peer has closed and a local program has not
  metric  = system.network.by_status.CLOSE_WAIT
  warning = 1000
  error   = 10000
  clear   = 800
}

threshold "memory-pressure" { # share of time in which some task waited for memory
  metric  = system.pressure.memory.some.avg60
  warning = 20
  error   = 60
  clear   = 10
}

threshold "cpu-pressure" {
  metric  = system.pressure.cpu.some.avg60
  warning = 70
  error   = 95
  clear   = 50
}

threshold "io-pressure" { # share of time in which all tasks that were not idle waited for a disk
  metric  = system.pressure.io.full.avg60
  warning = 40
  error   = 80
  clear   = 25
}

threshold "database-pool" { # average number of queries waiting for a connection
  metric  = databases.pool.waiting
  warning = 1
  error   = 4
  clear   = 0.5
}

threshold "slow-queries" {
  metric  = databases.queries.slow_percent
  warning = 10
  error   = 50
  clear   = 5
}

threshold "wal" { # the write-ahead log of a SQLite database
  metric  = databases.wal_bytes
  warning = "128MiB"
  error   = "1GiB"
  clear   = "64MiB"
}
