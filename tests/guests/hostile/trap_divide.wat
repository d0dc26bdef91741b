;; Divides by zero.
;; meets: a check of every operation
;; command: trap
;; reactor: trap
(func $attack
  (drop (i32.div_u (i32.const 1) (i32.const 0))))
