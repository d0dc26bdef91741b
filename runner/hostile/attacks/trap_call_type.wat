;; Calls a function as one of another type.
(table $t 1 funcref)
(elem (table $t) (i32.const 0) func $typed)
(func $typed (param i64) (result i64) (local.get 0))
(func $attack
  (call_indirect $t (i32.const 0)))
