;; Writes a row with the same key twice.
(data (i32.const 4096) "{\22a\22:1,\22a\22:2}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 14)))
