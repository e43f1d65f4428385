;; Asks for random numbers in _initialize and reports them: they differ in each run.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "vega_v1" "message" (func $message (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "_initialize")
    (local $i i32)
    (drop (call $random (i32.const 0) (i32.const 16)))
    (loop $each ;; to letters
      (i32.store8 (local.get $i) (i32.add (i32.and (i32.load8_u (local.get $i)) (i32.const 15)) (i32.const 97)))
      (br_if $each (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16)))))
  (func (export "vega_run") (param i32) (result i32)
    (call $message (i32.const 0) (i32.const 16))
    (i32.const 0)))
