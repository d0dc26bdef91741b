;; Reads its input onto the iovec that says where to.
(func $attack
  (i32.store (i32.const 64) (i32.const 64))
  (i32.store (i32.const 68) (i32.const 64))
  (drop (call $fd_read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 64))))
