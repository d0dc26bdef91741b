;; A command that reads standard input 64 KiB at a time, and says how many bytes there were.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  ;; 0: an iovec, 8: bytes moved, 16: the row, its number right-aligned in spaces, 65536: the buffer.
  (data (i32.const 16) "{\"bytes\":                    }")
  (func (export "_start")
    (local $total i64) (local $digit i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.const 65536))
    (loop $again
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (local.set $total (i64.add (local.get $total) (i64.load32_u (i32.const 8))))
      (br_if $again (i32.load (i32.const 8))))
    (local.set $digit (i32.const 45))
    (loop $next
      (local.set $digit (i32.sub (local.get $digit) (i32.const 1)))
      (i64.store8 (local.get $digit) (i64.add (i64.const 48) (i64.rem_u (local.get $total) (i64.const 10))))
      (local.set $total (i64.div_u (local.get $total) (i64.const 10)))
      (br_if $next (i64.ne (local.get $total) (i64.const 0))))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 30))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))))
