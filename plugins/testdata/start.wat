;; Traps before vega_run is reached.
(module
  (memory (export "memory") 1)
  (func $start unreachable)
  (start $start)
  (func (export "vega_run") (param i32) (result i32)
    (i32.const 0)))
