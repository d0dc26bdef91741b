;; Loops.
;; meets: fuel
;; command: out_of_fuel
;; reactor: out_of_fuel
(func $attack
  (loop $l (br $l)))
