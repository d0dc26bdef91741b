;; A command that makes the calls which a test writes into it (`tests/sandbox/script.rs`), and then prints its first
;; page in hexadecimal digits: data of the test, and from 0xf000 on the results of the calls, 8 bytes each.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $print (param i32 i32 i32 i32) (result i32)))
  ;; IMPORTS
  (memory (export "memory") 8)
  ;; 0x20000: an iovec, 0x20008: bytes written, 0x20010: what comes before the digits.
  (data (i32.const 0x20010) "{\"hex\":\"")
  ;; DATA
  (func (export "_start")
    ;; CALLS
    (call $hex (i32.const 0) (i32.const 0x10000) (i32.const 0x30000))
    (i32.store16 (i32.const 0x50000) (i32.const 0x7d22))
    (call $write (i32.const 0x20010) (i32.const 8))
    (call $write (i32.const 0x30000) (i32.const 0x20002)))
  (func $write (param $from i32) (param $len i32)
    (i32.store (i32.const 0x20000) (local.get $from))
    (i32.store (i32.const 0x20004) (local.get $len))
    (if (call $print (i32.const 1) (i32.const 0x20000) (i32.const 1) (i32.const 0x20008)) (then unreachable)))
  (func $hex (param $from i32) (param $to i32) (param $out i32)
    (loop $next
      (i32.store8 (local.get $out) (call $digit (i32.shr_u (i32.load8_u (local.get $from)) (i32.const 4))))
      (i32.store8 offset=1 (local.get $out) (call $digit (i32.and (i32.load8_u (local.get $from)) (i32.const 15))))
      (local.set $out (i32.add (local.get $out) (i32.const 2)))
      (br_if $next (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 1))) (local.get $to)))))
  (func $digit (param $nibble i32) (result i32)
    (i32.add (local.get $nibble)
      (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $nibble) (i32.const 10))))))
