;; A reactor that counts its tasks in memory that a data segment fills, in a global and in a table, and emits the
;; counts.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (table 1 10 funcref)
  (global $count (mut i32) (i32.const 0))
  ;; The row, with a digit at 10, 21 and 31.
  (data (i32.const 0) "{\"memory\":0,\"global\":0,\"table\":0}")
  (func (export "sandmill_process") (param i32 i32) (result i64)
    (i32.store8 (i32.const 21) (i32.add (i32.const 48) (global.get $count)))
    (i32.store8 (i32.const 31) (i32.add (i32.const 47) (table.size)))
    (call $emit (i32.const 0) (i32.const 33))
    (i32.store8 (i32.const 10) (i32.add (i32.load8_u (i32.const 10)) (i32.const 1)))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (drop (table.grow (ref.null func) (i32.const 1)))
    (i64.const 0)))
