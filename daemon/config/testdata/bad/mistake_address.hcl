integration "u0" {
  probe = core.http
  config {
    url = "http://http://example.com"
  }
}
integration "u1" {
  probe = core.http
  config {
    url = "http:/example.com"
  }
}
integration "u2" {
  probe = core.http
  config {
    url = "https:example.com"
  }
}
integration "u3" {
  probe = core.http
  config {
    url = " https://example.com"
  }
}
integration "u4" {
  probe = core.http
  config {
    url = "https://::1:8443/"
  }
}
integration "u5" {
  probe = core.http
  config {
    url = "https://{{ host }}/"
  }
}
integration "u6" {
  probe = core.http
  config {
    url = "https://example.com/%zz"
  }
}
integration "u7" {
  probe = core.http
  config {
    url = "tcp://example.com:22"
  }
}
integration "u8" {
  probe = core.http
  config {
    url = "wss://example.com/socket"
  }
}
integration "u9" {
  probe = core.http
  config {
    url = "redis://example.com:6379"
  }
}
integration "a0" {
  probe = core.tcp
  config {
    address = "::1:22"
  }
}
integration "a1" {
  probe = core.tcp
  config {
    address = "[::1]"
  }
}
integration "a2" {
  probe = core.tcp
  config {
    address = "example.com: 22"
  }
}
