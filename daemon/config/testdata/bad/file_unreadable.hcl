server {
  api_key = file("absent.key")
}
llm {
  model_name = file(".")
}
