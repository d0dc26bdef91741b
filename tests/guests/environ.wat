;; A command that writes its environment to standard error, a NUL after each variable, and fails.
(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  ;; 0: an iovec, 8: the number of variables, 1024: pointers, 4096: the text.
  (func (export "_start")
    (if (call $sizes (i32.const 8) (i32.const 4)) (then unreachable))
    (if (call $get (i32.const 1024) (i32.const 4096)) (then unreachable))
    (i32.store (i32.const 0) (i32.const 4096))
    (if (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
    (call $proc_exit (i32.const 1))))
