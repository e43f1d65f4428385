;; Imports a call with the wrong signature.
(module
  (import "vega_v1" "config" (func $config (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "vega_run") (param i32) (result i32)
    (call $config (i32.const 0))))
