;; Loops through a table of functions.
(table $t 1 funcref)
(elem (table $t) (i32.const 0) func $nothing)
(func $nothing)
(func $attack
  (loop $l (call_indirect $t (i32.const 0)) (br $l)))
