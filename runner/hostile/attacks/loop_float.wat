;; Loops over numbers that are none.
(func $attack
  (local $x f64)
  (loop $l (local.set $x (f64.div (local.get $x) (local.get $x))) (br $l)))
