# A plugin whose texts attack the pages that show them.

abi         = "vega_v1"
name        = "hostile"
version     = "1.0.0"
description = "\"'></title></script><script>pwned=1</script><img src=x onerror=pwned=1>"

probe "all" {
  summary = "<script>pwned=1</script><img src=x onerror=pwned=1>"
}

probe "odd" {
  summary = "Is long, and changes the direction of text."
}
