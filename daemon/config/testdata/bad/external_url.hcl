server {
  external_url = "https://ops.example.com/admin/vega"
}
