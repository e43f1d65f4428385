llm {
  base_url   = "http://${llm.model_name}"
  model_name = llm.base_url
}
