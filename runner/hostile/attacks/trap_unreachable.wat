;; Traps.
(func $attack
  unreachable)
