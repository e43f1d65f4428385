integration "web" {
  probe = core.http
  config { url = "https://a.example.com/"
  }
}
