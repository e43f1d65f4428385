# The manifest of the plugin that vega verify briefly adds to plugins.dir. It
# requests no capabilities.

abi         = "vega_v1"
name        = "vega-verify"
version     = "1.0.0"
description = "Shows vega verify that dropped-in plugins are loaded. Removed automatically."

probe "alive" {
  summary = "Always healthy."
}
