database "app" {
  driver = "postgres"
}
integration "a" {
  config {
  }
}
integration "b" {
  probe = core.http
}
integration "c" {
  probe = acme.orders
  config {
    url = env("NOT_SET")
  }
}
integration "d" {
  probe = core.http
  config {
    url = "${llm.base_url}/${llm.model_name}"
  }
}
server {
  tls {
    cert_file = "cert.pem"
  }
}
