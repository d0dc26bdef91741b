;; Calls a function that is not there.
(table $t 1 funcref)
(func $attack
  (call_indirect $t (i32.const 0)))
