llm {
  base_url = "127.0.0.1:11434"
}
integration "a" {
  probe = core.http
  config {
    url = "ftp://example.com"
  }
}
integration "b" {
  probe = core.http
  config {
    url = "http://2130706433/"
  }
}
integration "c" {
  probe = core.http
  config {
    url = "https://me:hunter22@exa mple.com/"
  }
}
