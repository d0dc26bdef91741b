;; A command that counts the non-zero words in all of its memory, as it starts and as it grows, and then leaves traces:
;; at the start, in the middle and at the end of what it started with and of what it grew by, or everywhere if its
;; input is "a".
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 (; pages ;))
  (func (export "_start")
    (local $traces i64) (local $old i32) (local $digits i32)
    (local.set $traces (call $scan (i32.const 0) (call $bytes)))
    (local.set $old (call $bytes))
    (if (i32.eq (memory.grow (i32.const 40)) (i32.const -1)) (then unreachable))
    (local.set $traces (i64.add (local.get $traces) (call $scan (local.get $old) (call $bytes))))
    ;; All is scanned: from here on, memory may be used. 0: an iovec, 8: bytes moved, 16: the byte.
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 1))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (i32.eq (i32.load8_u (i32.const 16)) (i32.const 0x61))
      (then (memory.fill (i32.const 0) (i32.const 0xaa) (call $bytes)))
      (else (call $mark (i32.const 0) (local.get $old)) (call $mark (local.get $old) (call $bytes))))
    ;; {"traces":0}
    (i64.store (i32.const 64) (i64.const 0x736563617274227b))
    (i32.store16 (i32.const 72) (i32.const 0x3a22))
    (i32.store8 (i32.const 120) (i32.const 0x7d))
    (local.set $digits (call $decimal (local.get $traces) (i32.const 120)))
    (call $write (i32.const 64) (i32.const 10))
    (call $write (local.get $digits) (i32.sub (i32.const 121) (local.get $digits))))
  (func $bytes (result i32) (i32.mul (memory.size) (i32.const 65536)))
  (func $scan (param $from i32) (param $to i32) (result i64)
    (local $found i64)
    (loop $next
      (if (i64.ne (i64.load (local.get $from)) (i64.const 0))
        (then (local.set $found (i64.add (local.get $found) (i64.const 1)))))
      (br_if $next (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 8))) (local.get $to))))
    (local.get $found))
  (func $mark (param $from i32) (param $to i32)
    (i64.store offset=256 (local.get $from) (i64.const -1))
    (i64.store
      (i32.and (i32.div_u (i32.add (local.get $from) (local.get $to)) (i32.const 2)) (i32.const -8)) (i64.const -1))
    (i64.store (i32.sub (local.get $to) (i32.const 8)) (i64.const -1)))
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
