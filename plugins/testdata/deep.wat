;; Calls itself 20,000 deep, and returns.
(module
  (memory (export "memory") 1)
  (func $down (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 0)))
  (func (export "vega_run") (param i32) (result i32)
    (call $down (i32.const 20000))))
