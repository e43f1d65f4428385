include = ["b.hcl"]
include = ["c.hcl"]
