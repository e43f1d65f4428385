integration "a" {
  probe = greedy.look
  config {
    url = "https://example.com"
  }
}
