;; Writes from an iovec that lies behind its memory.
(func $attack
  (drop (call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 80))))
