;; Writes numbers of 1,000,000 digits without end.
(data (i32.const 4091) "{\"a\":")
(func $attack
  (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
  (memory.fill (i32.const 4096) (i32.const 0x39) (i32.const 1000000))
  (i32.store8 (i32.const 1004096) (i32.const 0x7d))
  (loop $forever
    (call $out (i32.const 4091) (i32.const 1000006))
    (br $forever)))
