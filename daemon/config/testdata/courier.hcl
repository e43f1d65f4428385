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

probe "lookup" {
  option "name" {
    type     = "string"
    required = true
  }
  capability "dns" {
    reason = "to look the name up"
    from   = ["name"]
  }
}

probe "page" {
  option "url" {
    type     = "url"
    required = true
  }
  option "method" {
    type    = "string"
    default = "GET"
  }
  option "match" {
    type      = "string"
    format    = "regex"
    conflicts = ["method=HEAD"]
  }
  option "json" {
    type   = "map"
    of     = "any"
    format = "json_conditions"
  }
  option "at" {
    type   = "string"
    format = "json_path"
  }
  option "answers" {
    type   = "map"
    of     = "any"
    format = "header_conditions"
  }
  option "headers" {
    type   = "map"
    format = "request_headers"
  }
  option "expect" {
    type = "string"
  }
  option "min_size" {
    type = "size"
  }
  option "max_size" {
    type = "size"
  }
  option "user" {
    type     = "string"
    requires = ["password"]
  }
  option "password" {
    type = "string"
  }
  option "plain" {
    type      = "bool"
    conflicts = ["fast"]
  }
  option "fast" {
    type     = "bool"
    requires = ["method=GET"]
  }
  capability "http" {
    reason = "to look at the page"
    from   = ["url"]
  }
}
