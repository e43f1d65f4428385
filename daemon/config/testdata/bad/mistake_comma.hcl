integration "a" {
  probe = core.http,
  config {
    url = "https://example.com",
    headers = { A = "b"; C = "d" }
    expect_status = [200 204]
  }
};
