;; Imports a call by another signature than it has.
(module
  (import "vega_v1" "config" (func $config (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "vega_run") (param i32) (result i32)
    (call $config (i32.const 0))))
