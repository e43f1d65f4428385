server {
  api_key       = env("NO_KEY")
  drain_timeout = env("DRAIN")
}
network {
  resolver = env("RESOLVER")
}
integration "a" {
  probe   = core.http
  timeout = env("PATIENCE")
  config {
    url         = "https://example.com"
    max_latency = env("PATIENCE")
  }
}
integration "either_is_enough" {
  probe = core.osint
  config {
    shodan_key = env("TOKEN")
    hunter_key = env("NO_HUNTER")
  }
}
integration "neither" {
  probe = core.osint
  config {
    shodan_key = env("NO_SHODAN")
    shodan_url = env("NO_SHODAN_URL")
  }
}
integration "off" {
  probe   = core.http
  enabled = env_set("NOT_SET")
  config {
    url         = env("NOT_SET")
    max_latency = env("NOT_SET")
  }
}
integration "login" {
  probe = core.http
  config {
    url = "https://a.example.com/"
  }
  auth {
    username = "vega"
    password = env("NOT_SET")
  }
}
