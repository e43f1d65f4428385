database "app" {
  driver = "sqlite"
  dsn    = "a.db"
}
integration "a" {
  probe = core.database
  config {
    database = database.ap
  }
}
integration "b" {
  probe = core.http
  config {
    url = lm.base_url
  }
}
integration "c" {
  probe = core.http
  config {
    url = llm.base_ulr
  }
}
integration "d" {
  probe = core.http
  config {
    url = somewhere
  }
}
integration "e" {
  probe = core.database
  config {
    database = database.orders
  }
}
