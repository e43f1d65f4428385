;; Tries to carry state in a data segment: whether it was dropped.
(module
  (memory (export "memory") 1)
  (data $d "xxxx")
  (func (export "vega_run") (param i32) (result i32)
    (memory.init $d (i32.const 0) (i32.const 0) (i32.const 4)) ;; traps once it is dropped
    (data.drop $d)
    (i32.const 0)))
