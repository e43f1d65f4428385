server {
  api_key = env("GOOD")
}
network {
  resolver = env("TOKEN")
}
