;; Grows two memories until both are refused, and gives up.
(memory $second 1)
(func $attack
  (loop $l (br_if $l (i32.ne (memory.grow $second (i32.const 1)) (i32.const -1))))
  (loop $m (br_if $m (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
  unreachable)
