;; Imports a function that WASI does not have.
(module
  (import "wasi_snapshot_preview1" "sock_connect" (func $connect (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "vega_run") (param i32) (result i32)
    (call $connect (i32.const 0))))
