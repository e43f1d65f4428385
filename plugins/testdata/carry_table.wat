;; Tries to carry state in a table: which function an entry holds.
(module
  (memory (export "memory") 1)
  (table $t 2 funcref)
  (elem (i32.const 0) $zero $one)
  (func $zero (result i32) (i32.const 0))
  (func $one (result i32) (i32.const 2))
  (func (export "vega_run") (param i32) (result i32)
    (local $was i32)
    (local.set $was (call_indirect (result i32) (i32.const 0)))
    (table.set $t (i32.const 0) (table.get $t (i32.const 1)))
    (local.get $was)))
