server {
  host    = "10.0.0.5"
  api_key = "0123456789abcde"
  key "dashboard" {
    value = "9876543210"
  }
}
