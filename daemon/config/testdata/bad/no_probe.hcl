integration "a" {
  probe = core.htpp
}
integration "b" {
  probe = core.telepathy
}
integration "c" {
  probe = core.memcached
}
