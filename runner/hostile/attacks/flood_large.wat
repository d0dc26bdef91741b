;; Writes its whole memory as a row, again and again.
(func $attack
  (memory.fill (i32.const 65536) (i32.const 32) (i32.const 65536))
  (loop $l (call $out (i32.const 65536) (i32.const 65536)) (br $l)))
