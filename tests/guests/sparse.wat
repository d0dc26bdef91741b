;; A command with a large memory, little of which a task touches. It counts words that are not as the module has them: the
;; first four always, and all of them if its input is "s". If it is not, it leaves traces in five pages: over what the
;; module lays out, and where there are zeros.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 100 (; pages ;))
  (data (i32.const 65536) "laid out")
  (data (i32.const 73728) "laid out")
  (data (i32.const 3276800) "laid out")
  (func (export "_start")
    (local $traces i32)
    (local.set $traces (call $scan (i32.const 0) (i32.const 32)))
    ;; From here on the first 32 bytes may be used. 0: an iovec, 8: bytes moved, 16: the row.
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 1))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (i32.eq (i32.load8_u (i32.const 16)) (i32.const 0x73))
      (then (local.set $traces (i32.add (local.get $traces) (call $scan (i32.const 32) (call $bytes)))))
      (else
        (i64.store (i32.const 40000) (i64.const -1))
        (i64.store (i32.const 65536) (i64.const -1))
        (i64.store (i32.const 81920) (i64.const -1))
        (i64.store (i32.const 3276800) (i64.const -1))
        (i64.store (i32.sub (call $bytes) (i32.const 8)) (i64.const -1))))
    ;; {"n":0}
    (i64.store (i32.const 16) (i64.const 0x7d303a226e227b))
    (i32.store8 (i32.const 21) (i32.add (i32.const 48) (local.get $traces)))
    (i32.store (i32.const 4) (i32.const 7))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
  (func $bytes (result i32) (i32.mul (memory.size) (i32.const 65536)))
  (func $scan (param $from i32) (param $to i32) (result i32)
    (local $found i32)
    (loop $next
      (if (i64.ne (i64.load (local.get $from)) (call $original (local.get $from)))
        (then (local.set $found (i32.add (local.get $found) (i32.const 1)))))
      (br_if $next (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 8))) (local.get $to))))
    (local.get $found))
  (func $original (param $at i32) (result i64)
    (if (result i64)
      (i32.or (i32.eq (local.get $at) (i32.const 65536))
        (i32.or (i32.eq (local.get $at) (i32.const 73728)) (i32.eq (local.get $at) (i32.const 3276800))))
      (then (i64.const 0x74756f206469616c))
      (else (i64.const 0)))))
