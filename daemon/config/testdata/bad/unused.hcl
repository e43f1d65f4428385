database "app" {
  driver = "postgres"
  dsn    = env("TOKEN")
}
database "of_an_integration_that_is_off" {
  driver = "sqlite"
  dsn    = "a.db"
}
integration "a" {
  probe   = stranger.unknown
  enabled = false
  config {
    databases = [{ one = database.of_an_integration_that_is_off }]
  }
}
