;; Calls a function that is not there.
;; meets: a check of every call
;; command: trap
;; reactor: trap
(table $t 1 funcref)
(func $attack
  (call_indirect $t (i32.const 0)))
