name    = "Acme"
version = "1.0.0"
probe "orders" {
  option "wait" {
    type    = "duration"
    default = 5
  }
  capability "http" {
    reason = "to ask"
    from   = ["wait"]
  }
}
