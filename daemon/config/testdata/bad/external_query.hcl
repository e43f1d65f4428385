server {
  external_url = "https://ops.example.com/vega?x=1"
}
