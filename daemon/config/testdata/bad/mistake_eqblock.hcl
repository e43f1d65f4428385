server = {
  port = 80800
}
integration "a" {
  probe = core.http
  config = {
    url = "https://example.com"
  }
}
integration "b" = {
  probe = core.http
}
