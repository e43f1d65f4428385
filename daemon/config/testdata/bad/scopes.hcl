server {
  key "dashboard" {
    value  = "0123456789abcdef0123"
    scopes = ["raed", "write", "everything"]
  }
  key "nothing" {
    value  = "0123456789abcdef0124"
    scopes = []
  }
  key "prometheus" {
    value  = "0123456789abcdef0125"
    scopes = ["metrics", "read"]
  }
  key "again" {
    value  = "0123456789abcdef0124"
    scopes = ["read"]
  }
  key "rotated" {
    value  = "0123456789abcdef0124"
    scopes = ["read"]
  }
}
