integration "a" {
  probe  = core.http
  sha256 = "5A5A"
  config {
    url = "http://127.0.0.1/"
  }
}
integration "b" {
  probe  = core.http
  sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  config {
    url = "http://127.0.0.1/"
  }
}
integration "right" {
  probe  = core.http
  sha256 = "5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"
  config {
    url = "http://127.0.0.1/"
  }
}
integration "unset" {
  probe  = core.http
  sha256 = env("NOBODY_SET_THIS")
  config {
    url = "http://127.0.0.1/"
  }
}
