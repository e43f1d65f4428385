integration "a" {
  probe = core.tcp
  config {
    address = "h:1"
  }
  grant {
    dns = ["example.com"]
    kv  = "64KiB"
  }
}
