;; Calls behind a table.
;; meets: a check of every call
;; command: trap
;; reactor: trap
(table $t 1 funcref)
(func $attack
  (call_indirect $t (i32.const -1)))
