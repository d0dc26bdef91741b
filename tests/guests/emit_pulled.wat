;; A reactor that pulls its input whether it was given it or not, and emits what it pulled: 100 bytes at most. Then it
;; pulls once more, and traps if there is more.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (import "sandmill_1" "input_read" (func $input_read (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (call $emit (i32.const 512) (call $input_read (i32.const 512) (i32.const 100)))
    (if (call $input_read (i32.const 512) (i32.const 0)) (then unreachable))
    (if (call $input_read (i32.const 512) (i32.const 100)) (then unreachable))
    (i64.const 0)))
