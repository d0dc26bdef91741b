;; Fills from the last byte of its memory on.
(func $attack
  (memory.fill (i32.const 131071) (i32.const 1) (i32.const 2)))
