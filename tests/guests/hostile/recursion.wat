;; Calls itself without end.
;; meets: the stack limit
;; command: stack_overflow
;; reactor: stack_overflow
(func $attack
  (call $attack))
