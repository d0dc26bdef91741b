;; A command that writes 1 MiB to standard error, with a last line, and is done.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; 0, 8: iovecs, 16: bytes written, 4096: 1 KiB of noise.
  (data (i32.const 0) "\00\10\00\00\00\04\00\00" "\20\00\00\00\08\00\00\00")
  (data (i32.const 32) "the end\n")
  (func (export "_start")
    (local $left i32)
    (memory.fill (i32.const 4096) (i32.const 0x2e) (i32.const 1024))
    (local.set $left (i32.const 1024))
    (loop $again
      (if (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (drop (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 16)))))
