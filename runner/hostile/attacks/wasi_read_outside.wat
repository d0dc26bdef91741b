;; Reads its input to behind its memory.
(func $attack
  (i32.store (i32.const 64) (i32.const -64))
  (i32.store (i32.const 68) (i32.const 64))
  (drop (call $fd_read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 80))))
