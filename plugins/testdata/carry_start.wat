;; Counts how often its start function and its _initialize ran, in memory and in
;; a global: once each, before every run.
(module
  (memory (export "memory") 1)
  (global $n (mut i32) (i32.const 0))
  (func $start
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (global.set $n (i32.add (global.get $n) (i32.const 1))))
  (start $start)
  (func (export "_initialize")
    (global.set $n (i32.mul (global.get $n) (i32.const 10))))
  (func (export "vega_run") (param i32) (result i32)
    (if (i32.ne (i32.load (i32.const 0)) (i32.const 1)) (then (return (i32.const 2))))
    (if (i32.ne (global.get $n) (i32.const 10)) (then (return (i32.const 2))))
    (call $start)
    (i32.const 0)))
