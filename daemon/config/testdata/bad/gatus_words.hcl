external_endpoint "job" {
}

ui {
  title = "Status"
}

alert "down" {
  integrations     = ["mail"]
  send_on_resolved = true
}

integration "mail" {
  probe = core.http
  config {
    url          = "https://mail.example.com"
    method       = true
    dns_resolver = "tcp://192.0.2.1:53"
  }
}
