;; A command that writes a whole row and then traps, three calls deep.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; 0: an iovec, 8: bytes written.
  (data (i32.const 0) "\10\00\00\00\07\00\00\00")
  (data (i32.const 16) "{\"a\":1}")
  (func $main (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $parse_header))
  (func $parse_header (call $read_magic_number))
  (func $read_magic_number unreachable))
