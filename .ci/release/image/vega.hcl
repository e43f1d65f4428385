# The configuration of vega in a container. To use your own, mount it over this
# file, or mount a directory over /etc/vega: vega follows changes.
#
#   vega validate              check the configuration without running anything
#   vega docs config           list every setting
#
# env("NAME") is the value of an environment variable of the container, and
# file("PATH") the content of a mounted file. Both are secret.

# The only directory that vega writes to: a volume, or it is lost with the
# container.
data_dir = "/var/lib/vega"

# Other containers and the host reach vega on this port, with the key. Set
# VEGA_API_KEY to at least 16 characters that nobody can guess.
server {
  host    = "0.0.0.0"
  port    = 8000
  api_key = env("VEGA_API_KEY")
}

# Third-party plugins, as .wasm files.
plugins {
  dir = "plugins"
}

# Does vega's own database answer?
integration "store" {
  probe = core.database
  config {
    database = database.vega
  }
}

# Does vega itself answer?
integration "web" {
  probe = core.http
  config {
    url         = "http://127.0.0.1:${server.port}/healthz"
    max_latency = "1s" # slower is degraded
  }
}
