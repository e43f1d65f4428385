server {
  api_key = "0123456789abcdef-literal"
  key "ci" {
    value = "fedcba9876543210-literal"
  }
}
llm {
  base_url = "http://vega:literal-password@127.0.0.1:11434"
}
database "app" {
  driver = "postgres"
  dsn    = "postgres://vega:literal-password@db.example.com/app"
}
database "my-other" {
  driver = "mysql"
  dsn    = "vega:literal-password@tcp(db.example.com)/app"
}
database "well" {
  driver = "postgres"
  dsn    = "postgres://vega:${env("TOKEN")}@db.example.com/app"
}
database "file" {
  driver = "sqlite"
  dsn    = "file.db"
}
integration "orders" {
  probe = core.http
  config {
    url = "https://vega:literal-password@orders.example.com/${env("TOKEN")}"
    headers = {
      Accept        = "application/json"
      Authorization = "Bearer literal-token-1"
      X-Api-Key     = "literal-token-2"
      "Cookie"      = "session=literal-token-3"
    }
  }
}
integration "counts" {
  probe = acme.orders
  config {
    url = "https://orders.example.com"
  }
  grant {
    sql = [database.app, database.my-other, database.well, database.file]
  }
}
integration "well" {
  probe = core.http
  config {
    url     = "https://vega:${env("TOKEN")}@orders.example.com/"
    headers = { Authorization = "Bearer ${env("TOKEN")}" }
  }
}
integration "osint" {
  probe   = core.osint
  enabled = false
  config {
    shodan_key = "literal-shodan-key"
    hunter_key = server.api_key
  }
}
