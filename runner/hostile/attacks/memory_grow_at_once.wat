;; Asks for 4 GiB at once.
(func $attack
  (if (i32.eq (memory.grow (i32.const 65533)) (i32.const -1)) (then unreachable)))
