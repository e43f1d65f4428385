integration "web" {
  probe      = core.tcp
  depends_on = [integration.llm, integration.osint]
  config {
    address = "example.com:80"
  }
}
integration "llm" {
  probe   = core.http
  enabled = env_set("NOT_SET")
}
integration "osint" {
  probe = core.osint
}
integration "off" {
  probe      = core.tcp
  enabled    = false
  depends_on = [integration.llm]
}
