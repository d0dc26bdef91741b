;; A reactor that emits rows without end.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (data (i32.const 0) "{\"a\":1}")
  (func (export "sandmill_process") (param i32 i32) (result i64)
    (loop $forever (call $emit (i32.const 0) (i32.const 7)) (br $forever))
    (i64.const 0)))
