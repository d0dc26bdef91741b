;; Writes behind its memory.
(func $attack
  (i64.store (i32.const -8) (i64.const 1)))
