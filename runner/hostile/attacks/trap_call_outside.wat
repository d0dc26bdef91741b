;; Calls behind a table.
(table $t 1 funcref)
(func $attack
  (call_indirect $t (i32.const -1)))
