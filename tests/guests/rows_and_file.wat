;; A reactor that emits its input, and gives it as the file `copy`, too. An input that begins with `?` is skipped.
(module
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (import "sandmill_1" "file_write" (func $file_write (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "copy")
  (data (i32.const 16) "\02not wanted")
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    ;; 16 << 32 | 11: skipped, with the reason.
    (if (i32.eq (i32.load8_u (local.get $ptr)) (i32.const 63)) (then (return (i64.const 0x100000000b))))
    (call $emit (local.get $ptr) (local.get $len))
    (call $file_write (i32.const 0) (i32.const 4) (local.get $ptr) (local.get $len))
    (i64.const 0)))
