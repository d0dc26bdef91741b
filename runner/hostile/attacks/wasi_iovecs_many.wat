;; Writes from 2^28 iovecs.
(func $attack
  (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0x10000000) (i32.const 80))))
