name    = "greedy"
version = "1.0.0"

probe "look" {
  option "url" {
    type     = "url"
    required = true
  }
  capability "http" {
    reason = "to look"
    from   = ["url"]
  }
}
