;; Copies its memory over itself, again and again.
(func $attack
  (loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 131071)) (br $l)))
