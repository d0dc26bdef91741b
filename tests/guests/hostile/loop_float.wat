;; Loops over numbers that are none.
;; meets: fuel
;; command: out_of_fuel
;; reactor: out_of_fuel
(func $attack
  (local $x f64)
  (loop $l (local.set $x (f64.div (local.get $x) (local.get $x))) (br $l)))
