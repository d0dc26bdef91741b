;; Asks for 4 GiB at once.
;; meets: the memory limit
;; command: out_of_memory
;; reactor: out_of_memory
(func $attack
  (if (i32.eq (memory.grow (i32.const 65533)) (i32.const -1)) (then unreachable)))
