;; Loops through a table of functions.
;; meets: fuel
;; command: out_of_fuel
;; reactor: out_of_fuel
(table $t 1 funcref)
(elem (table $t) (i32.const 0) func $nothing)
(func $nothing)
(func $attack
  (loop $l (call_indirect $t (i32.const 0)) (br $l)))
