abi     = "nagios"
name    = "acme"
version = "1.0.0"
probe "load" {
  option "args" {
    type      = "list"
    sensitive = true
  }
  option "url" {
    type = "url"
  }
  capability "http" {
    reason = "to ask"
    from   = ["url"]
  }
}
probe "disk" {
}
