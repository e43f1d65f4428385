;; Tries to carry state in a global of 128 bits, which can't be set back.
(module
  (memory (export "memory") 1)
  (global $v (mut v128) (v128.const i64x2 0 0))
  (func (export "vega_run") (param i32) (result i32)
    (if (i64.ne (i64x2.extract_lane 1 (global.get $v)) (i64.const 0)) (then (return (i32.const 2))))
    (global.set $v (v128.const i64x2 0 1))
    (i32.const 0)))
