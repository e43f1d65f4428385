server {
  drain_timeout = "5m"
}
llm {
  timeout = "500ms"
}
