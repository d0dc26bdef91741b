;; A reactor that emits a row and a reject, and then replies with its input: the first byte is the kind, the rest the
;; message.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (import "sandmill_1" "reject" (func $reject (param i64 i64 i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (data (i32.const 0) "{\"a\":1}")
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (call $emit (i32.const 0) (i32.const 7))
    (call $reject (i64.const 1) (i64.const 2) (i32.const 0) (i32.const 7))
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $ptr)) (i64.const 32)) (i64.extend_i32_u (local.get $len)))))
