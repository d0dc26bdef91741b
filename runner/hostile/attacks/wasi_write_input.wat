;; Writes to its input.
(func $attack
  (i32.store (i32.const 68) (i32.const 8))
  (if (i32.eqz (call $fd_write (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 80))) (then unreachable)))
