;; Fills its memory with randomness without end.
(func $attack
  (loop $l (drop (call $random_get (i32.const 4096) (i32.const 65536))) (br $l)))
