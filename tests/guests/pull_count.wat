;; A reactor that pulls its input in pieces of 64 KiB and replies, as an error, with its length in decimal.
(module
  (import "sandmill_1" "input_read" (func $input_read (param i32 i32) (result i32)))
  (memory (export "memory") 3)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (local $total i64) (local $piece i32) (local $digits i32)
    (loop $again
      (local.set $piece (call $input_read (i32.const 65536) (i32.const 65536)))
      (local.set $total (i64.add (local.get $total) (i64.extend_i32_u (local.get $piece))))
      (br_if $again (local.get $piece)))
    (local.set $digits (i32.sub (call $decimal (local.get $total) (i32.const 64)) (i32.const 1)))
    (i32.store8 (local.get $digits) (i32.const 1))
    (i64.or
      (i64.shl (i64.extend_i32_u (local.get $digits)) (i64.const 32))
      (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $digits)))))
  ;; Writes a number in decimal so that it ends before $end, and returns where it starts.
  (func $decimal (param $number i64) (param $end i32) (result i32)
    (loop $digit
      (local.set $end (i32.sub (local.get $end) (i32.const 1)))
      (i32.store8 (local.get $end)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
      (local.set $number (i64.div_u (local.get $number) (i64.const 10)))
      (br_if $digit (i64.ne (local.get $number) (i64.const 0))))
    (local.get $end)))
