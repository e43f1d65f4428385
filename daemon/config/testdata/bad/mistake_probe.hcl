integration "a" {
  probe = core.memcached
  config {
    address = "example.com:1883"
  }
}
integration "b" {
  probe = http.get
}
integration "c" {
  probe = core.stats
}
integration "d" {
  probe = http
}
integration "e" {
  probe = core.htpp
}
integration "f" {
  probe = "core.http"
}
