integration "empty" {
  probe = core.http
  config {
    url = "https://a.example.com/"
  }
  auth {}
}
integration "two" {
  probe = core.http
  config {
    url = "https://a.example.com/"
  }
  auth {
    username = "vega"
    token    = env("TOKEN")
  }
}
integration "half" {
  probe = core.http
  config {
    url = "https://a.example.com/"
  }
  auth {
    token_url = "https://login.example.com/token"
    client_id = "vega"
    scopes    = ["one two"]
  }
}
integration "word" {
  probe = core.http
  config {
    url     = "https://a.example.com/"
    headers = { authorization = env("TOKEN") }
  }
  auth {
    token = "Bearer ${env("TOKEN")}"
  }
}
integration "clear" {
  probe = core.http
  config {
    url = "http://a.example.com/"
  }
  auth {
    token_url     = "http://login.example.com/token"
    client_id     = "vega"
    client_secret = "written-in-the-file"
  }
}
integration "unverified" {
  probe = core.http
  config {
    url = "https://a.example.com/"
  }
  tls {
    skip_verify = true
  }
  auth {
    username = "ve:ga"
    password = env("TOKEN")
  }
}
