integration web.1 {
  probe = core.http
  config {
    url = "https://a.example.com/"
  }
}
