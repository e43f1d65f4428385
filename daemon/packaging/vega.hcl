# The vega configuration of this machine. It works as is: the two integrations at
# the end check vega itself. Add yours below them.
#
# vega follows this file: once it is saved, a valid change is in use, and an
# invalid one is reported in the log and changes nothing. Before you save, or
# after:
#
#   sudo vega validate            check the configuration without running anything
#   sudo vega plan                show what a reload would change
#   journalctl -u vega            the log
#
# vega docs config explains every block and attribute. vega init writes a longer
# example, with one integration for each bundled probe, to the current directory.
#
# Secrets belong in vega.env next to this file: env("NAME") is the value of NAME
# there.

# vega's database, its key for the HTTP API and its cache. Only the user vega may
# read it. The systemd unit lets vega write nowhere else; for another directory, run
# systemctl edit vega and add, below [Service], ReadWritePaths=/the/directory
data_dir = "/var/lib/vega"

# The HTTP server.
server {
  host = "127.0.0.1"
  port = 8000

  # Everything under /admin and /v1 requires a key. Without one here, vega
  # generates one at its first start, in /var/lib/vega/api_key. Unless host is a
  # loopback address, there must be one here, or one that vega key add created.
  # api_key = env("VEGA_API_KEY")

  # Behind a proxy: the URL at which clients reach vega, and the addresses of the
  # proxies whose X-Forwarded-For header is trusted to name the client.
  # external_url    = "https://ops.example.com/vega"
  # trusted_proxies = ["127.0.0.1", "::1"]
}

# The directory for third-party plugins, as .wasm files. Only root should be able
# to write to it.
plugins {
  dir = "plugins"
}

# Where incidents are sent. Write the variable to vega.env. sudo vega test notifier
# chat sends a test.
# notifier "chat" {
#   type = "slack"
#   url  = env("SLACK_WEBHOOK_URL")
# }

# Does vega's own database answer?
integration "store" {
  probe = core.database
  config {
    database = database.vega
  }
}

# Does vega's own HTTP server answer?
integration "web" {
  probe = core.http
  config {
    url         = "http://127.0.0.1:${server.port}/healthz"
    max_latency = "1s" # slower is degraded
  }
}

# A service of yours. Writing its URL permits vega to reach it.
# integration "orders" {
#   probe = core.http
#   config {
#     url     = "https://orders.example.com/health"
#     headers = { Authorization = "Bearer ${env("ORDERS_TOKEN")}" }
#   }
# }
