integration "a" {
  for_each = { web1 = { host = "10.0.0.1", port = 22 } }
  probe    = core.tcp
  config {
    address = "${each.host}:22"
  }
}

integration "b" {
  for_each = { web1 = { host = "10.0.0.1" } }
  probe    = core.tcp
  config {
    address = "${each.name}:22"
  }
}
