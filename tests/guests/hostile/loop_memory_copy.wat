;; Copies its memory over itself, again and again.
;; meets: fuel for each byte
;; command: out_of_fuel
;; reactor: out_of_fuel
(func $attack
  (loop $l (memory.copy (i32.const 1) (i32.const 0) (i32.const 131071)) (br $l)))
