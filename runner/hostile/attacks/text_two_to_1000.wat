;; Writes a number beyond all that are.
(data (i32.const 4096) "{\22a\22:1e9999}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 13)))
