server {
  api_key = "a1946ac92492d2347c6235b4d2611184 "
}
