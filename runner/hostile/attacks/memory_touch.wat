;; Grows its memory to the limit and writes to each page, again and again.
(func $attack
  (local $at i32)
  (loop $g (br_if $g (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
  (loop $l
    (i32.store8 (local.get $at) (i32.const 1))
    (local.set $at (i32.rem_u (i32.add (local.get $at) (i32.const 4096)) (i32.mul (memory.size) (i32.const 65536))))
    (br $l)))
