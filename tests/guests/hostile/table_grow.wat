;; Grows a table until it is refused, and gives up.
;; meets: the memory limit
;; command: out_of_memory
;; reactor: out_of_memory
(table $t 1 funcref)
(func $attack
  (loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1))))
  unreachable)
