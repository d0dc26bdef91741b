;; A command that writes a row and some last words, and leaves with the code that is the first 4 bytes of its input.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  ;; 0, 8, 16: iovecs, 24: bytes moved, 28: the code.
  (data (i32.const 0) "\20\00\00\00\07\00\00\00" "\30\00\00\00\0b\00\00\00" "\1c\00\00\00\04\00\00\00")
  (data (i32.const 32) "{\"a\":1}")
  (data (i32.const 48) "last words\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 24)))
    (drop (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 24)))
    (drop (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
    (call $proc_exit (i32.load (i32.const 28)))))
