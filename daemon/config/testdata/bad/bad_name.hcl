server "main" {
}
integration {
  probe = core.tcp
}
integration "Web Site" {
  probe = core.tcp
  config {
    address = "h:1"
  }
}
integration "health" "two" {
  probe = core.tcp
  config {
    address = "h:1"
  }
}
database "vega" {
  driver = "sqlite"
  dsn    = "x.db"
}
