;; A reactor that logs its input, and once more.
(module
  (import "sandmill_1" "log" (func $log (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (call $log (local.get $ptr) (local.get $len))
    (call $log (local.get $ptr) (local.get $len))
    (i64.const 0)))
