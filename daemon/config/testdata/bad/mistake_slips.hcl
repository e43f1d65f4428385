integration "escape" {
  probe = core.http
  config {
    url          = "https://example.com"
    expect_regex = "^\d+ \"jobs\" \w+\n$"
  }
}
integration "arrow" {
  probe => core.http
}
integration "comment" {
  probe = core.redis
  ; INI
  config {
    address = "127.0.0.1:6379"
  }
}
integration "dashes" {
  probe = core.redis
  -- Lua and SQL
  config {
    address = "127.0.0.1:6379"
  }
}
integration "invisible" {
  probe = core.tcp
  config {
    ​address = "127.0.0.1:22"
  }
}
integration "heredoc" {
  probe = core.http
  config {
    body = <<"EOF"
text
EOF
  }
}
integration "template" {
  probe = core.http
  config {
    url     = "https://example.com"
    headers = { A = "%{if}x%{endif}" }
  }
}
integration "number" {
  probe = core.http
  config {
    url           = "https://example.com"
    expect_status = [0xC8]
  }
}
integration "digits" {
  probe   = core.http
  timeout = 1_000
  config {
    url = "https://example.com"
  }
}
integration "brace" {
  probe = core.dns
  config {
    name = "example.com"
  }
}
}
integration "endless" {
  /* never closed
}
