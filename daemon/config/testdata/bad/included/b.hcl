include = ["../include.hcl"]
integration "b" {
  probe = core.nothing
}
