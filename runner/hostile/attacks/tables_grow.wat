;; Grows two tables until both are refused, and gives up.
(table $first 0 funcref)
(table $second 0 funcref)
(func $attack
  (loop $l (br_if $l (i32.ne (table.grow $first (ref.null func) (i32.const 10000)) (i32.const -1))))
  (loop $m (br_if $m (i32.ne (table.grow $second (ref.null func) (i32.const 10000)) (i32.const -1))))
  unreachable)
