;; Writes a NUL in a string.
(data (i32.const 4096) "{\22a\22:\22\00\22}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 10)))
