llm {
  model_name = env("NOT_SET")
}
integration "a" {
  probe = core.http
  config {
    url     = "https://example.com"
    headers = { X-Model = llm.model_name }
  }
}
