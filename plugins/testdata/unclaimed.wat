;; Imports dial, which its manifest does not declare.
(module
  (import "vega_v1" "dial" (func (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "vega_run") (param i32) (result i32) i32.const 0))
