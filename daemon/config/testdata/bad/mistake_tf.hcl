variable "x" {
  default = 1
}
locals {
  a = 1
}
integration "a" {
  probe = core.http
  count = 3
  config {
    url = var.x
    headers = { A = local.a, B = lookup("a"), C = 1 + 2, D = true ? "a" : "b" }
  }
}
endpoint "x" {
  url = "https://example.com"
}
check "x" {
}
logging {
}
http {
}
