log {
  level = warn
}
integration "values" {
  probe      = core.http
  interval   = "PT5M"
  timeout    = ""
  depends_on = [words]
  memory     = "64TB"
  labels     = { a = 123456789 }
  group      = web
  config {
    url           = "https://example.com"
    method        = env("METHOD", "GET")
    max_latency   = 500
    expect_status = "2xx"
    headers       = { Authorization = 123456789 }
  }
  tls {
    min_version = "1.4"
  }
}
integration "words" {
  probe    = core.http
  interval = "@every 5m"
  timeout  = "-5s"
  memory   = "64Mi"
  config {
    url  = file("~/url")
    headers = { A = getenv("BODY") }
    expect_status = ["2xx"]
  }
  tls {
    min_version = "TLSv1.2"
  }
}
integration "calls" {
  probe = core.http
  group = "for ${user}"
  config {
    url     = env("$HOME")
    headers = { A = file("${data_dir}/x"), B = file(env("TOKEN")) }
  }
}
integration "maps" {
  probe    = core.tcp
  for_each = { a = { host = "10.0.0.1", port = 22 }, b = { host = "10.0.0.2", port = 22 } }
  config {
    address = "${each.value}:22"
  }
}
integration "mixed" {
  probe    = core.tcp
  for_each = { a = { host = "10.0.0.1", port = 22 }, b = "10.0.0.2:22" }
  config {
    address = each.value
  }
}
