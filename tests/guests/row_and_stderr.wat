;; A command that writes a row to standard output and a line to standard error.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; 0, 8: iovecs, 16: bytes written.
  (data (i32.const 0) "\20\00\00\00\07\00\00\00" "\30\00\00\00\0e\00\00\00")
  (data (i32.const 32) "{\"a\":1}")
  (data (i32.const 48) "only a remark\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 16)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))
