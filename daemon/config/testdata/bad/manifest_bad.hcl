name    = "Acme"
version = "1.0.0"
probe "orders" {
  option "url" {
    type = "uri"
  }
  option "wait" {
    type    = "duration"
    default = 5
    min     = "soon"
  }
  option "of" {
    type    = "list"
    default = env("HOME")
    one_of  = name
  }
  capability "http" {
    from = ["url"]
  }
}
