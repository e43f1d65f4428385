integration "two" {
  probe = courier.parcels
  config {
    url   = "https://orders.example.com/health"
    token = env("TOKEN")
  }
  grant {
    http = ["GET https://orders.example.com:8443", "GET https://status.example.com"]
  }
}
integration "database" {
  probe = courier.parcels
  config {
    url      = "https://orders.example.com/?key=${env("TOKEN")}"
    database = database.app
  }
  grant {
    sql = [database.app]
  }
}
integration "one" {
  probe = courier.parcels
  config {
    url   = "https://orders.example.com/health"
    token = env("TOKEN")
  }
  grant {
    http = ["POST https://orders.example.com"]
  }
}
integration "no-secret" {
  probe = courier.parcels
  config {
    url      = "https://orders.example.com/health"
    database = database.app
  }
}
integration "trusted" {
  probe = courier.parcels
  config {
    url      = "https://orders.example.com/health"
    token    = env("TOKEN")
    database = database.app
  }
  grant {
    secrets = "anywhere"
  }
}
integration "bundled" {
  probe = core.http
  config {
    url     = "https://orders.example.com/health"
    headers = { Authorization = "Bearer ${env("TOKEN")}" }
  }
  grant {
    http    = ["GET https://status.example.com"]
    secrets = "anywhere"
  }
}
integration "nothing-to-send" {
  probe = courier.parcels
  config {
    url = "https://orders.example.com/health"
  }
  grant {
    secrets = "anywhere"
  }
}
integration "misspelt" {
  probe = courier.parcels
  config {
    url = "https://orders.example.com/health"
  }
  grant {
    secrets = "everywhere"
  }
}
database "app" {
  driver = "sqlite"
  dsn    = "app.db"
}
