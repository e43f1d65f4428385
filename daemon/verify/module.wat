;; The plugin that vega verify drops: its probe is healthy, and asks for
;; nothing. module.wasm is this, with the manifest of plugin.hcl packed in.
(module
  (memory (export "memory") 1)
  (func (export "vega_run") (param i32) (result i32)
    (i32.const 0)))
