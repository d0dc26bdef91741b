;; Two functions call each other without end.
;; meets: the stack limit
;; command: stack_overflow
;; reactor: stack_overflow
(func $other (call $attack))
(func $attack
  (call $other))
