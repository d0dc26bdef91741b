;; Writes rows without end.
(data (i32.const 4096) "{\"a\":1}\n")
(func $attack
  (loop $l (call $out (i32.const 4096) (i32.const 8)) (br $l)))
