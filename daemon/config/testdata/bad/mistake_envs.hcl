server {
  api_key = $VEGA_API_KEY
}
integration "a" {
  probe = core.http
  enabled = "true"
  config {
    url = "https://${HOST}/"
    headers = { Authorization = "Bearer $TOKEN", B = "${env.TOKEN}", C = "%TOKEN%", D = env(TOKEN), E = env.TOKEN, F = "{{ .Env.X }}" }
  }
}
integration "b" {
  probe = core.http
  enabled = yes
  config {
    url = ${URL}
  }
}
