;; A command that reads its input with a buffer of 128 MiB, as a program does that asks for a whole large file, and
;; writes a row.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2100)
  ;; 0, 8: iovecs, 16: bytes moved.
  (data (i32.const 0) "\00\00\01\00\00\00\00\08" "\20\00\00\00\07\00\00\00")
  (data (i32.const 32) "{\"a\":1}")
  (func (export "_start")
    (loop $again
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
      (br_if $again (i32.load (i32.const 16))))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
