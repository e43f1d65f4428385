server {
  api_key = evn("VEGA_API_KEY")
}
llm {
  model_name = env("A", "B")
  base_url   = upper("x")
}
