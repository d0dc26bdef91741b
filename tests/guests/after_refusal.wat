;; A command that asks for more memory than it may have, and then does what the first byte of its input tells.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  ;; 0: an iovec, 8: bytes read, 16: the byte.
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (func (export "_start")
    (if (i32.ne (memory.grow (i32.const 1000)) (i32.const -1)) (then (call $proc_exit (i32.const 99))))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (i32.eq (i32.load8_u (i32.const 16)) (i32.const 0x74 (; t ;))) (then unreachable))
    (if (i32.eq (i32.load8_u (i32.const 16)) (i32.const 0x78 (; x ;))) (then (call $proc_exit (i32.const 1))))
    (if (i32.eq (i32.load8_u (i32.const 16)) (i32.const 0x6c (; l ;))) (then (loop $forever (br $forever))))))
