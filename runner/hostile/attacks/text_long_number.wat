;; Writes a number of 100,000 digits.
(data (i32.const 4091) "{\"a\":")
(func $attack
  (memory.fill (i32.const 4096) (i32.const 0x39) (i32.const 100000))
  (i32.store8 (i32.const 104096) (i32.const 0x7d))
  (call $out (i32.const 4091) (i32.const 100006)))
