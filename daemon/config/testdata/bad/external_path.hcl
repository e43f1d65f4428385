server {
  external_url = "https://ops.example.com/a b//c"
}
