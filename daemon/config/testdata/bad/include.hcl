include = ["included/*.hcl", "included/none-*.hcl", "included/no-such-file.hcl", "", "included", "[", env("TOKEN")]
