;; A reactor that emits its input, in one piece. It pulls what it is not given.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (import "sandmill_1" "input_len" (func $input_len (result i64)))
  (import "sandmill_1" "input_read" (func $input_read (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (if (i32.eqz (local.get $ptr))
      (then
        (local.set $ptr (i32.const 1024))
        (local.set $len (i32.wrap_i64 (call $input_len)))
        (drop (memory.grow (i32.add (i32.shr_u (local.get $len) (i32.const 16)) (i32.const 1))))
        (if (i32.ne (call $input_read (local.get $ptr) (local.get $len)) (local.get $len)) (then unreachable))))
    (call $emit (local.get $ptr) (local.get $len))
    (i64.const 0)))
