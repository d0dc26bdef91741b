;; Grows its memory until it is refused, and gives up.
(func $attack
  (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
  unreachable)
