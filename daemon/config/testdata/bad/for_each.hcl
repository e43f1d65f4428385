integration "tcp" {
  probe = core.http
  for_each = {
    web1      = "10.0.0.1"
    web2      = "10.0.0.2/ a b"
    "a key"   = "10.0.0.3"
    web1      = "10.0.0.4"
    localhost = "not a name"
  }
  config {
    url = "https://${each.value}:8443/"
  }
}
integration "maps" {
  probe    = core.http
  interval = each.value.interval
  for_each = {
    a = { url = "https://a.example.com", interval = "30s" }
    b = { url = "b.example.com", interval = "30" }
    c = { url = "https://c.example.com" }
    d = "https://d.example.com"
    e = { url = "https://e.example.com", interval = "100ms" }
  }
  depends_on = [integration.tcp[each.key], integration.tcp["web9"]]
  config {
    url = each.value.url
  }
}
integration "all_alike" {
  probe    = core.http
  for_each = ["a.example.com", "b.example.com", "c.example.com", "d.example.com", "a.example.com", ["x"]]
  config {
    url  = each.value
    nope = 1
  }
}
integration "computed" {
  probe         = core.http
  for_each      = llm.model_name
  for_each_file = env("TOKEN")
}
integration "reference" {
  probe    = core.http
  for_each = llm.model_name
}
integration "not_each" {
  probe    = core.http
  for_each = {}
  config {
    url = "https://example.com"
  }
}
integration "same" {
  probe    = core.http
  for_each = ["a", "b"]
  config {
    url = "https://example.com"
  }
}
integration "outside" {
  probe      = core.http
  depends_on = [integration.same, integration.same, integration.same["a"]]
  config {
    url = each.value
  }
}
