server {
  port          = 8000 + 1
  host          = true ? "a" : "b"
  drain_timeout = "%{ if true }1s%{ endif }"
}
log {
  level = null
}
llm {
  model_name = [for m in ["a"] : m]
  base_url   = llm["base_url"]
}
