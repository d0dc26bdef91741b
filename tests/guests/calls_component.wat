;; The core of a component that makes the calls which a test writes into it (`tests/sandbox/script.rs`), and then emits its first
;; page in hexadecimal digits: data of the test, and from 0xf000 on the results of the calls, 8 bytes each.
(module
  (import "sandmill:processor/host@1.0.0" "emit" (func $emit (param i32 i32 i32)))
  ;; IMPORTS
  (memory (export "memory") 40)
  ;; 0x2fff8: what comes before the digits.
  (data (i32.const 0x2fff8) "{\"hex\":\"")
  ;; DATA
  ;; 0x20000: success, with rows as JSON of which there are none.
  (data (i32.const 0x20000) "\00\00\00\00\01\00\00\00\00\00\00\00\00\00\00\00")
  (global $next (mut i32) (i32.const 0x90000))
  ;; What it gives stays given: what WASI is made of keeps its state there.
  (func (export "cabi_realloc") (param i32 i32 i32) (param $len i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.and (i32.add (i32.add (local.get $at) (local.get $len)) (i32.const 15)) (i32.const -16)))
    (local.get $at))
  (func (export "sandmill:processor/guest@1.0.0#process")
    (param i32 i32 i32 i64 i64 i32 i64 i32 i32 i32) (result i32)
    ;; CALLS
    (call $hex (i32.const 0) (i32.const 0x10000) (i32.const 0x30000))
    (i32.store16 (i32.const 0x50000) (i32.const 0x7d22))
    (call $emit (i32.const 1) (i32.const 0x2fff8) (i32.const 0x2000a))
    (i32.const 0x20000))
  (func $hex (param $from i32) (param $to i32) (param $out i32)
    (loop $next
      (i32.store8 (local.get $out) (call $digit (i32.shr_u (i32.load8_u (local.get $from)) (i32.const 4))))
      (i32.store8 offset=1 (local.get $out) (call $digit (i32.and (i32.load8_u (local.get $from)) (i32.const 15))))
      (local.set $out (i32.add (local.get $out) (i32.const 2)))
      (br_if $next (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 1))) (local.get $to)))))
  (func $digit (param $nibble i32) (result i32)
    (i32.add (local.get $nibble)
      (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $nibble) (i32.const 10))))))
