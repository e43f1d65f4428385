integration "parcels" {
  probe = courier.parcels
  config {
    url      = "https://parcels.example.com/health"
    database = database.app
    count    = "SELECT count(*) FROM parcels WHERE key = '${env("TOKEN")}'"
  }
}
database "app" {
  driver = "sqlite"
  dsn    = "app.db"
}
