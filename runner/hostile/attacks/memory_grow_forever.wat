;; Asks for memory without end, whatever the answer.
(func $attack
  (loop $l (drop (memory.grow (i32.const 1))) (br $l)))
