;; Grows a table until it is refused, and gives up.
(table $t 1 funcref)
(func $attack
  (loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
  unreachable)
