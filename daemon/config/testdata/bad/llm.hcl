llm {
  model_name  = ""
  temperature = 2.5
  top_p       = 0
  timeout     = "0s"
}
