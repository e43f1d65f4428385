integration "hosts" {
  probe         = core.http
  for_each_file = "list.txt"
  config {
    url = "https://example.com/${each.value}"
  }
}
integration "brackets" {
  probe = core.tcp
  config {
    address = "[web]:22"
  }
}
