;; A reactor that emits the value of its parameter "other", which is JSON.
(module
  (import "sandmill_1" "param" (func $param (param i32 i32 i32 i32) (result i32)))
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "other")
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param i32 i32) (result i64)
    (local $len i32)
    (local.set $len (call $param (i32.const 64) (i32.const 5) (i32.const 4096) (i32.const 1024)))
    (if (i32.gt_s (local.get $len) (i32.const 0)) (then (call $emit (i32.const 4096) (local.get $len))))
    (i64.const 0)))
