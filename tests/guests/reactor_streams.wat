;; A reactor that reads its standard input, where there is nothing, and writes to standard output and standard error.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "sandmill_abi_1"))
  (func (export "sandmill_alloc") (param i32) (result i32) (i32.const 1024))
  ;; 0, 8, 16: iovecs, 24: bytes moved.
  (data (i32.const 0) "\20\00\00\00\0c\00\00\00" "\30\00\00\00\0d\00\00\00" "\40\00\00\00\0c\00\00\00")
  (data (i32.const 32) "{\"no\":\"row\"}" "  ")
  (data (i32.const 48) " and a remark")
  (func (export "sandmill_process") (param $ptr i32) (param $len i32) (result i64)
    (if (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)) (then unreachable))
    (if (i32.load (i32.const 24)) (then unreachable))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 24)))
    (drop (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 24)))
    (i64.const 0)))
