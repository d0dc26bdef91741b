;; A reactor that emits its input in two halves.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (local $half i32)
    (local.set $half (i32.div_u (local.get $len) (i32.const 2)))
    (call $emit (local.get $ptr) (local.get $half))
    (call $emit (i32.add (local.get $ptr) (local.get $half)) (i32.sub (local.get $len) (local.get $half)))
    (i64.const 0)))
