server {
  host    = "vega.example.com"
  api_key = env("TOKEN")
}
