;; A reactor that traps at the second task in one instance, and emits how many that instance has had.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (global $used (mut i32) (i32.const 0))
  (data (i32.const 0) "{\"earlier_tasks\":0}")
  (func (export "sandmill_process") (param i32 i32) (result i64)
    (if (global.get $used) (then unreachable))
    (global.set $used (i32.const 1))
    (call $emit (i32.const 0) (i32.const 19))
    (i64.const 0)))
