;; Loops over vectors.
;; meets: fuel
;; command: out_of_fuel
;; reactor: out_of_fuel
(func $attack
  (local $v v128)
  (loop $l (local.set $v (i32x4.add (local.get $v) (local.get $v))) (br $l)))
