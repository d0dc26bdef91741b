;; Gives an error whose message wraps around the end of its memory.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (if (i32.eq (local.get $len) (i32.const 1)) (then (return (i64.const 0xffffffff00000010))))
    (call $emit (local.get $ptr) (local.get $len))
    (i64.const 0)))
