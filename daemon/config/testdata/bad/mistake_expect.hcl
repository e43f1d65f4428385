integration "a" {
  probe = core.http
  config {
    url = "https://example.com"
    expect_status = 200
  }
}
