;; Tries to find what an earlier run left: in a data segment, in memory that was
;; zero, at its end, and in globals of every type, exported or not. Returns healthy
;; if there is nothing and 2 if there is. Then it leaves all of that behind, and
;; ends as its probe says: 0 returns, 1 traps, 2 grows its memory, 3 never ends, 4
;; calls proc_exit.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 8) "data")
  (global $a (mut i32) (i32.const 7))
  (global $b (mut i64) (i64.const 7))
  (global $c (mut f32) (f32.const 7))
  (global $d (export "d") (mut f64) (f64.const 7))
  (global $same i32 (i32.const 1))
  (func $found (result i32)
    (if (i32.ne (i32.load (i32.const 8)) (i32.const 0x61746164)) (then (return (i32.const 1))))
    (if (i32.load (i32.const 70000)) (then (return (i32.const 1))))
    (if (i32.load (i32.const 131068)) (then (return (i32.const 1))))
    (if (i32.ne (memory.size) (i32.const 2)) (then (return (i32.const 1))))
    (if (i32.ne (global.get $a) (i32.const 7)) (then (return (i32.const 1))))
    (if (i64.ne (global.get $b) (i64.const 7)) (then (return (i32.const 1))))
    (if (f32.ne (global.get $c) (f32.const 7)) (then (return (i32.const 1))))
    (f64.ne (global.get $d) (f64.const 7)))
  (func $leave
    (i32.store (i32.const 8) (i32.const 1))
    (i32.store (i32.const 70000) (i32.const 1))
    (i32.store (i32.const 131068) (i32.const 1))
    (global.set $a (i32.const 1))
    (global.set $b (i64.const 1))
    (global.set $c (f32.const 1))
    (global.set $d (f64.const 1)))
  (func (export "vega_run") (param $probe i32) (result i32)
    (if (call $found) (then (return (i32.const 2))))
    (call $leave)
    (if (i32.eq (local.get $probe) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get $probe) (i32.const 2)) (then
      (drop (memory.grow (i32.const 1)))
      (i32.store (i32.const 131072) (i32.const 1))))
    (if (i32.eq (local.get $probe) (i32.const 3)) (then (loop (br 0))))
    (if (i32.eq (local.get $probe) (i32.const 4)) (then (call $exit (i32.const 0))))
    (i32.const 0)))
