;; Writes to standard error without end.
(data (i32.const 4096) "noise ")
(func $attack
  (i32.store (i32.const 64) (i32.const 4096))
  (i32.store (i32.const 68) (i32.const 6))
  (loop $l (drop (call $fd_write (i32.const 2) (i32.const 64) (i32.const 1) (i32.const 80))) (br $l)))
