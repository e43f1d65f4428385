integration "web" {
  probe = courier.page
  config {
    url   = "https://example.com"
    match = "^(?!error)"
    json = {
      "data[0].name" = "up"
      "$.data..name" = 1
      "count(data)"  = 1
      "len(data)"    = "many"
      load           = "< abc"
      state          = "=> 3"
    }
    at      = "data[*].name"
    answers = { "Content Type" = "x", Server = "=~ (" }
    headers = { Upgrade = "websocket" }
  }
}
integration "head" {
  probe = courier.page
  config {
    url    = "https://example.com"
    method = "HEAD"
    match  = "x"
    user   = "app"
    plain  = true
    fast   = true
  }
}
