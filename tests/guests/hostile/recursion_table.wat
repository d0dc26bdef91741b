;; Calls itself through a table without end.
;; meets: the stack limit
;; command: stack_overflow
;; reactor: stack_overflow
(table $t 1 funcref)
(elem (table $t) (i32.const 0) func $attack)
(func $attack
  (call_indirect $t (i32.const 0)))
