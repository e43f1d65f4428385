# The manifest of the plugin that vega verify drops into plugins.dir for a
# moment. It asks for nothing.

abi         = "vega_v1"
name        = "vega-verify"
version     = "1.0.0"
description = "Shows vega verify that a plugin which is dropped in comes into service. It goes by itself."

probe "alive" {
  summary = "Is healthy."
}
