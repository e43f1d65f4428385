server {
  api_key = "short"
  key "ci" {
    value = env("SHORT")
  }
}
integration "a" {
  probe = core.http
  config {
    url     = "https://example.com"
    headers = { Authorization = "Bearer ${env("SHORT")}" }
  }
}
