;; Data segments that overlap, touch the end of memory and leave holes; healthy
;; when memory reads as the segments say, in their order.
(module
  (memory (export "memory") 1)
  (data (i32.const 8) "aaaa")
  (data (i32.const 10) "bb")
  (data (i32.const 65532) "last")
  (func (export "vega_run") (param i32) (result i32)
    (if (i64.ne (i64.load (i32.const 8)) (i64.const 0x0000000062626161)) (then (return (i32.const 2))))
    (if (i32.ne (i32.load (i32.const 65532)) (i32.const 0x7473616c)) (then (return (i32.const 2))))
    (i32.store (i32.const 8) (i32.const 1)) ;; must not reach the next run
    (i32.const 0)))
