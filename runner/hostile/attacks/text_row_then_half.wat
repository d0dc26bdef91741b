;; Writes a row and half of another.
(data (i32.const 4096) "{\22a\22:1}\0a{\22a\22")
(func $attack
  (call $out (i32.const 4096) (i32.const 12)))
