;; Traps.
;; meets: a check of every operation
;; command: trap
;; reactor: trap
(func $attack
  unreachable)
