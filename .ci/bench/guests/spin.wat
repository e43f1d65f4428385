;; Never ends by itself.
(module
  (memory (export "memory") 1)
  (func (export "vega_run") (param i32) (result i32)
    (loop $again (br $again))
    (unreachable)))
