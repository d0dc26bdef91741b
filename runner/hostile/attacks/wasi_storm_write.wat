;; Writes nothing without end.
(func $attack
  (loop $l (drop (call $fd_write (i32.const 1) (i32.const 64) (i32.const 0) (i32.const 80))) (br $l)))
