name    = "acme"
version = "0.3.1"

probe "orders" {
  option "url" {
    type     = "url"
    required = true
  }
  option "database" {
    type = "database"
  }
  option "token" {
    type      = "string"
    sensitive = true
  }
  capability "http" {
    reason = "to ask for open orders"
    from   = ["url"]
  }
  capability "sql" {
    reason = "to count them"
    from   = ["database"]
  }
}
