integration "a" {
  probe = core.http
  config {
    url     = "https://example.com/$TENANT/"
    headers = { Authorization = "Bearer $TOKEN", Price = "US$ 10", Regex = "^a$", Escaped = "$${HOME}" }
  }
}
integration "b" {
  probe = htpp
}
