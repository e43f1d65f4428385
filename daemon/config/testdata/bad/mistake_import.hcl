import "more.hcl"
