server {
  host    = "0.0.0.0"
  api_key = env("NOT_SET")
}
