server {
  key "dashboard" {
    value  = "0123456789abcdef0123"
    scopes = ["raed", "write", "everything"]
  }
  key "nothing" {
    value  = "0123456789abcdef0124"
    scopes = []
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
