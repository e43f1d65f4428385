server {
  host = "127.0.0.1
  port = 8000
}
log {
  level = "info" "debug"
}
database "app" {
  driver = "postgres"
  dsn    = "postgres://vega:hunter22hunter22@db/app" )
}
store {
  path = "x.db"
integration "web" {
  probe = core.htp
}
