;; Two functions call each other without end.
(func $other (call $attack))
(func $attack
  (call $other))
