# The built-in alerts. They notify all notifiers. An alert in vega.hcl or in a file
# in policies replaces the one here that has the same name; enabled = false turns
# that one off.

alert "health-checks" {
  integrations = ["*"]
  status       = ["unhealthy"]
  after        = 3
  severity     = "critical"
}

alert "slow-queries" { # the slowest query of the last two minutes
  metric = databases.queries.slowest
  above  = "1s"
}

alert "memory" { # of the host, or of the container if its limit is lower
  metric = system.memory.percent
  above  = 80
  clear  = 75
}

alert "cpu" { # of the host, or of the container's quota if it has one
  metric = system.cpu.system_percent
  above  = 80
  for    = "5m"
}

alert "file-descriptors" { # of vega's soft limit
  metric = system.file_descriptors.percent
  above  = 80
}

alert "pool" { # every connection is in use
  metric = databases.pool.percent
  above  = 99
  for    = "30s"
}

alert "configuration" {
  event    = "config_rejected"
  severity = "critical"
}
