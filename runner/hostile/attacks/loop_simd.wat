;; Loops over vectors.
(func $attack
  (local $v v128)
  (loop $l (local.set $v (i32x4.add (local.get $v) (local.get $v))) (br $l)))
