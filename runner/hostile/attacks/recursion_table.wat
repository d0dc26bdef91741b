;; Calls itself through a table without end.
(table $t 1 funcref)
(elem (table $t) (i32.const 0) func $attack)
(func $attack
  (call_indirect $t (i32.const 0)))
