integration "checkout" {
  probe   = core.flow
  config {
    max_latency = "1h"
    steps = [
      { name = "login", method = "PSOT", url = "https://shop.example.com/api/login",
        headers = { Host = "x" }, take = { token = "jsn: data.token", "Bad" = "header: a b", two = "regex: (a)(b)" } },
      { name = "login", urll = "https://shop.example.com/api/cart/{id}" },
      { name = 7, url = "shop", expect_statu = 200 , method = "HEAD", expect_body = "x", name = "again"},
      "x",
    ]
  }
}
integration "b" {
  probe   = core.flow
  config {
    steps = [
      { name = "login", url = "https://shop.example.com/api/login", take = { token = "json: a" } },
      { name = "cart", url = "https://shop.example.com/{tken}", headers = { X = "{late}" }, take = { late = "json: a" }, body = env("UNSET"), max_latency = "3m" },
    ]
  }
}
integration "c" {
  probe   = core.flow
  config { steps = [] }
}
integration "d" {
  probe   = core.flow
  config {
    steps = [
      { name = "a", url = "https://shop.example.com/a", take = { host = "json: a", port = "json: b" } },
      { name = "b", url = "https://{host}/" },
      { name = "c", url = "https://shop.example.com:{port}/" },
      { name = "d", url = "https://{host}@shop.example.com/" },
      { name = "e", url = "{host}/" },
      { name = "f", url = "https://shop.example.com{host}/" },
      { name = "g", url = "https://shop.example.com?{host}" },
    ]
  }
}
integration "e" {
  probe   = core.flow
  config {
    steps = [
      { name = "login", url = "https://shop.example.com/login", take = { token = "json: token" } },
      { name = "cart", url = "https://shop.example.com/cart", headers = { authorization = "Bearer {token}" } },
    ]
  }
  auth {
    username = "vega"
    password = env("TOKEN")
  }
}
integration "f" {
  probe   = core.flow
  config {
    steps = [
      { name = "login", url = "https://shop.example.com/login" },
      { name = "cart", url = "https://ann@shop.example.com/cart" },
    ]
  }
  auth {
    token = env("TOKEN")
  }
}
integration "g" {
  probe   = core.flow
  config {
    steps = [
      { name = "login", url = "https://shop.example.com/login" },
      { name = "cart", url = "https://shop.example.com/cart" },
      { name = "login", url = "https://shop.example.com/logout" },
    ]
  }
}
