prot = 8000
port = 8000
server {
  hots     = "127.0.0.1"
  api_kye  = "hidden-all-the-same"
  slow_start = true
}
sever {
  port = 1
}
llm {
  max_tokens = 100
}
integration "web" {
  probe = core.http
  url   = "https://example.com"
  config {
    url         = "https://example.com"
    max_latancy = "1s"
  }
}
