;; Sleeps without end.
(func $attack
  (i32.store (i32.const 80) (i32.const 1))
  (i64.store (i32.const 88) (i64.const 1000000000))
  (loop $l (drop (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 200))) (br $l)))
