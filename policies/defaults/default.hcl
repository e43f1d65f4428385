# The thresholds of a vega that was told none. A threshold in vega.hcl or in a
# file in policies takes the place of the one here that has its name, or that
# judges the same resource; with enabled = false it turns that one off.

threshold "memory" { # of the host, or of the container where that has less
  resource = system.memory.percent
  warning  = 80
  error    = 95
  clear    = 75
}

threshold "cpu" { # of the host, or of the container's quota
  resource = system.cpu.system_percent
  warning  = 80
  error    = 95
  clear    = 70
}

threshold "cpu-throttling" { # periods in which the container's quota ran out
  resource = system.cpu.throttled_percent
  warning  = 25
  error    = 75
  clear    = 15
}

threshold "file-descriptors" { # of vega's own soft limit
  resource = system.file_descriptors.percent
  warning  = 80
  error    = 95
  clear    = 75
}

threshold "disk" { # of the data directory, and of the root
  resource = system.disks.percent
  warning  = 80
  error    = 95
  clear    = 78
}

threshold "disk-inodes" {
  resource = system.disks.inodes_percent
  warning  = 80
  error    = 95
  clear    = 78
}

threshold "container-pids" { # processes and threads that a cgroup allows
  resource = system.container.pids.percent
  warning  = 80
  error    = 95
  clear    = 75
}

threshold "goroutines" { # a vega of 10,000 integrations has some hundreds
  resource = system.threads.go_routines
  warning  = 10000
  error    = 100000
  clear    = 8000
}

threshold "threads" { # Go ends a program that has 10,000
  resource = system.threads.total
  warning  = 2000
  error    = 8000
  clear    = 1500
}

threshold "close-wait" { # connections that the other end closed, and a program here did not
  resource = system.network.by_status.CLOSE_WAIT
  warning  = 1000
  error    = 10000
  clear    = 800
}

threshold "memory-pressure" { # time in which something waited for memory
  resource = system.pressure.memory.some.avg60
  warning  = 20
  error    = 60
  clear    = 10
}

threshold "cpu-pressure" {
  resource = system.pressure.cpu.some.avg60
  warning  = 70
  error    = 95
  clear    = 50
}

threshold "io-pressure" { # time in which all that was not idle waited for a disk
  resource = system.pressure.io.full.avg60
  warning  = 40
  error    = 80
  clear    = 25
}

threshold "database-pool" { # queries that wait for a connection, on average
  resource = databases.pool.waiting
  warning  = 1
  error    = 4
  clear    = 0.5
}

threshold "slow-queries" {
  resource = databases.queries.slow_percent
  warning  = 10
  error    = 50
  clear    = 5
}

threshold "wal" { # the write-ahead log of a SQLite database
  resource = databases.wal_bytes
  warning  = "128MiB"
  error    = "1GiB"
  clear    = "64MiB"
}
