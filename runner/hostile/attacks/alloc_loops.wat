;; Never ends finding room for its input.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "sandmill_abi_1"))
  ;; The input of an attack is one byte, and no other is.
  (func (export "sandmill_alloc") (param $len i32) (result i32)
    (if (i32.eq (local.get $len) (i32.const 1)) (then (loop $forever (br $forever))))
    (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (call $emit (local.get $ptr) (local.get $len))
    (i64.const 0)))
