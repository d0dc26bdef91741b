;; Asks for memory without end, whatever the answer.
;; meets: fuel
;; command: out_of_fuel
;; reactor: out_of_fuel
(func $attack
  (loop $l (drop (memory.grow (i32.const 1))) (br $l)))
