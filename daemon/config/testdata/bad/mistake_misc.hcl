integration "a" {
  probe = core.http
  url = "https://example.com"
}
integration "b" {
  probe = core.http
  config {
    url = "example.com"
  }
}
integration "b" {
  probe = core.tcp
  config {
    address = "example.com"
  }
}
integration "c" {
  probe = core.tcp
  config {
    address = "example.com:80:80"
  }
}
integration "d" {
  probe = core.tcp
  config {
    address = "http://example.com:80"
  }
}
integration "e" {
  probe = core.tcp
  config {
    host = "example.com"
    port = 80
  }
}
integration "Web Server" {
  probe = core.http
  config { url = "http://example.com" }
}
server {
  host = "localhost:8000"
}
