include = "conf.d/*.hcl"
