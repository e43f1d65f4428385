;; Imports a call that no version of vega has.
(module
  (import "vega_v1" "launch" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "vega_run") (param i32) (result i32) i32.const 0))
