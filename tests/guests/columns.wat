;; A reactor that declares the columns "a" and "b", and emits its input. Tests put other columns there.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (data (i32.const 64) "[\"a\",\"b\"]                                                       ")
  (func (export "sandmill_columns") (result i64) (i64.const 0x4000000040))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (call $emit (local.get $ptr) (local.get $len))
    (i64.const 0)))
