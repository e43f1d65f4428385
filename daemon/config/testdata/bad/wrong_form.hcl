server = {
  port = 8000
}
integration "web" {
  probe = core.http
  config = {
    url = "https://example.com"
  }
}
integration "web2" {
  probe = core.http
  config {
    url = "https://example.com"
    headers {
      Accept = "text/plain"
    }
  }
}
