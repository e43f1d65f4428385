;; Passes the host pointers and lengths outside of its memory. Returns healthy if
;; each call returns -9 (invalid) or -8 (too large), and 2 at the first that does
;; not.
(module
  (import "vega_v1" "config" (func $config (param i32 i32 i32 i32) (result i32)))
  (import "vega_v1" "error" (func $error (param i32 i32) (result i32)))
  (import "vega_v1" "match" (func $match (param i32 i32 i32 i32) (result i32)))
  (import "vega_v1" "message" (func $message (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "@probe")
  (data (i32.const 16) "all refused")
  (func $is (param i32 i32) (result i32)
    (i32.ne (local.get 0) (local.get 1)))
  (func (export "vega_run") (param i32) (result i32)
    ;; a negative pointer
    (if (call $is (call $config (i32.const -8) (i32.const 6) (i32.const 64) (i32.const 8)) (i32.const -9))
      (then (return (i32.const 2))))
    ;; pointer + length wraps around
    (if (call $is (call $config (i32.const -1) (i32.const 2) (i32.const 64) (i32.const 8)) (i32.const -9))
      (then (return (i32.const 2))))
    ;; a length of 2^32-1
    (if (call $is (call $config (i32.const 0) (i32.const -1) (i32.const 64) (i32.const 8)) (i32.const -8))
      (then (return (i32.const 2))))
    ;; a buffer that ends one byte past the memory
    (if (call $is (call $config (i32.const 0) (i32.const 6) (i32.const 65535) (i32.const 2)) (i32.const -9))
      (then (return (i32.const 2))))
    ;; the same for a call without a capability
    (if (call $is (call $match (i32.const 0) (i32.const 1) (i32.const 65536) (i32.const 1)) (i32.const -9))
      (then (return (i32.const 2))))
    ;; a buffer of no bytes only asks for the length
    (if (i32.le_s (call $error (i32.const 0) (i32.const 0)) (i32.const 0))
      (then (return (i32.const 2))))
    (call $message (i32.const 16) (i32.const 11))
    (i32.const 0)))
