integration "a" {
  probe = cor.http
}
integration "b" {
  probe = elsewhere.thing
}
integration "c" {
  probe = broken.thing
}
integration "d" {
  probe = dns.server
}
