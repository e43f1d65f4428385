name    = "courier"
version = "1.0.0"

probe "parcels" {
  option "url" {
    type     = "url"
    required = true
  }
  option "token" {
    type      = "string"
    sensitive = true
  }
  option "database" {
    type = "database"
  }
  option "count" {
    type = "string"
    sql  = true
  }
  capability "http" {
    reason = "to ask for parcels"
    from   = ["url"]
  }
  capability "sql" {
    reason   = "to count them"
    from     = ["database"]
    optional = true
  }
}
