;; A command that counts the bytes on its standard input, and reads on twice after their end.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 20)
  ;; 0: an iovec, 8: bytes read, 16: the row, 64: room for digits, 65536: a buffer of 1 MiB, more than one read gives.
  (data (i32.const 16) "{\"bytes\":")
  (func (export "_start")
    (local $total i64) (local $ends i32) (local $digits i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 1048576))
    (loop $again
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (local.set $total (i64.add (local.get $total) (i64.load32_u (i32.const 8))))
      (br_if $again (i32.load (i32.const 8)))
      (local.set $ends (i32.add (local.get $ends) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $ends) (i32.const 3))))
    (i32.store8 (i32.const 96) (i32.const 0x7d))
    (local.set $digits (call $decimal (local.get $total) (i32.const 96)))
    (call $write (i32.const 16) (i32.const 9))
    (call $write (local.get $digits) (i32.sub (i32.const 97) (local.get $digits))))
  (func $write (param $from i32) (param $len i32)
    (i32.store (i32.const 0) (local.get $from))
    (i32.store (i32.const 4) (local.get $len))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
  ;; Writes a number in decimal so that it ends before $end, and returns where it starts.
  (func $decimal (param $number i64) (param $end i32) (result i32)
    (loop $digit
      (local.set $end (i32.sub (local.get $end) (i32.const 1)))
      (i32.store8 (local.get $end)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $number) (i64.const 10)))))
      (local.set $number (i64.div_u (local.get $number) (i64.const 10)))
      (br_if $digit (i64.ne (local.get $number) (i64.const 0))))
    (local.get $end)))
