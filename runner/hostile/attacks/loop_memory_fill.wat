;; Fills all of its memory, again and again.
(func $attack
  (loop $l (memory.fill (i32.const 0) (i32.const 7) (i32.const 131072)) (br $l)))
