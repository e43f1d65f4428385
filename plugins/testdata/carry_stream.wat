;; Tries to carry state in a standard stream: whether it is open.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\02\00\00\00") ;; one vector: 2 bytes at 16
  (data (i32.const 16) "x\0a")
  (func (export "vega_run") (param i32) (result i32)
    (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)) (then (return (i32.const 2))))
    (drop (call $renumber (i32.const 2) (i32.const 1)))
    (drop (call $close (i32.const 1)))
    (if (i32.eqz (call $close (i32.const 3))) (then (return (i32.const 2))))
    (i32.const 0)))
