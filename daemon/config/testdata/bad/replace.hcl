plugins {
  replace = ["core", "acmee", "memcached"]
}
