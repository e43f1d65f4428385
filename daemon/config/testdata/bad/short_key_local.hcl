server {
  api_key = "0123456789abcde"
}
