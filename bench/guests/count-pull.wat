;; A reactor that pulls its input 64 KiB at a time, and says how many bytes there were.
(module
  (import "sandmill_1" "input_read" (func $input_read (param i32 i32) (result i32)))
  (import "sandmill_1" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 65536))
  ;; 16: the row, its number right-aligned in spaces, 65536: the buffer.
  (data (i32.const 16) "{\"bytes\":                    }")
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (local $total i64) (local $piece i32) (local $digit i32)
    (loop $again
      (local.set $piece (call $input_read (i32.const 65536) (i32.const 65536)))
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (local.get $piece))))
      (br_if $again (local.get $piece)))
    (local.set $digit (i32.const 45))
    (loop $next
      (local.set $digit (i32.sub (local.get $digit) (i32.const 1)))
      (i64.store8 (local.get $digit) (i64.add (i64.const 48) (i64.rem_u (local.get $total) (i64.const 10))))
      (local.set $total (i64.div_u (local.get $total) (i64.const 10)))
      (br_if $next (i64.ne (local.get $total) (i64.const 0))))
    (call $emit (i32.const 16) (i32.const 30))
    (i64.const 0)))
