integration "orders" {
  probe = core.tcp
  group = "shop"
  config {
    address = "127.0.0.1:1"
  }
}
integration "orders-db" {
  probe = core.tcp
  group = "shop"
  config {
    address = "127.0.0.1:2"
  }
}
integration "hosts" {
  probe    = core.tcp
  for_each = { web1 = "127.0.0.1:3", web2 = "127.0.0.1:4" }
  config {
    address = each.value
  }
}
status_page "none" {
}
status_page "nothing" {
  integrations = []
}
status_page "unmatched" {
  integrations = ["order", "group:payments"]
}
status_page "partly" {
  integrations = ["orders", "label:team=core", "grup:shop"]
}
status_page "twice" {
  integrations = ["group:shop", "hosts"]
  names        = { orders = "Shop", orders-db = "Shop", "hosts.web1" = "orders" }
}
status_page "own-name" {
  integrations = ["orders", "orders-db"]
  names        = { orders = "orders-db" }
}
status_page "names" {
  title        = " Shop "
  integrations = ["orders"]
  names        = { order = "Orders", orders-db = "Database", hosts = "Hosts", orders = "" }
}
status_page "texts" {
  title        = ""
  integrations = ["orders", "hosts"]
  names        = { orders = "two\nlines", "hosts.web1" = " blank", "hosts.web2" = 2 }
}
status_page "words" {
  slug     = "public"
  monitors = ["orders"]
  aliases  = { orders = "Orders" }
  password = "hunter2hunter2"
}
status_page "Bad Name" {
  integrations = ["*"]
}
status_pages "plural" {
  integrations = ["*"]
}
status_page "unset" {
  integrations = ["orders", "hosts"]
  names        = { orders = env("UNSET"), "hosts.web1" = "One" }
}
