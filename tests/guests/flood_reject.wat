;; A reactor that rejects without end, and gives no reason.
(module
  (import "sandmill_1" "reject" (func $reject (param i64 i64 i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param i32 i32) (result i64)
    (loop $forever (call $reject (i64.const 1) (i64.const 1) (i32.const 0) (i32.const 0)) (br $forever))
    (i64.const 0)))
