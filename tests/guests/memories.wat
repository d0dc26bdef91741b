;; A command with four memories that lets each grow by 5 MiB, and says how many of them could.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory $first (export "memory") 1)
  (memory $second 1)
  (memory $third 1)
  (memory $fourth 1)
  ;; 0: an iovec, 8: bytes written, 16: the row, with its digit at 27.
  (data (memory $first) (i32.const 0) "\10\00\00\00\0d\00\00\00")
  (data (memory $first) (i32.const 16) "{\"granted\":0}")
  (func (export "_start")
    (call $count (memory.grow $first (i32.const 80)))
    (call $count (memory.grow $second (i32.const 80)))
    (call $count (memory.grow $third (i32.const 80)))
    (call $count (memory.grow $fourth (i32.const 80)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $count (param $pages i32)
    (if (i32.ne (local.get $pages) (i32.const -1))
      (then (i32.store8 (i32.const 27) (i32.add (i32.load8_u (i32.const 27)) (i32.const 1)))))))
