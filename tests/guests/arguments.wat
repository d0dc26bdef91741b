;; A reactor that says which of its two arguments are 0, as a row.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (data (i32.const 0) "{\"ptr\":\"some\",\"len\":\"some\"}")
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (if (i32.eqz (local.get $ptr)) (then (i32.store (i32.const 8) (i32.const 0x656e6f6e (; none ;)))))
    (if (i32.eqz (local.get $len)) (then (i32.store (i32.const 21) (i32.const 0x656e6f6e))))
    (call $emit (i32.const 0) (i32.const 27))
    (i64.const 0)))
