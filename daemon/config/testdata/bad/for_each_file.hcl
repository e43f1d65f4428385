integration "hosts" {
  probe         = core.http
  for_each_file = "hosts.txt"
  config {
    url = "https://${each.value}"
  }
}
integration "missing" {
  probe         = core.http
  for_each_file = "no-such-file.txt"
  config {
    url = each.value
  }
}
integration "computed" {
  probe         = core.http
  for_each_file = env("TOKEN")
  config {
    url = each.value
  }
}
