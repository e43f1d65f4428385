server {
  host    = "::"
  api_key = env("TOKEN")
}
