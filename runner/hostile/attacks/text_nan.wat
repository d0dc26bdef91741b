;; Writes a number that is none.
(data (i32.const 4096) "{\22a\22:NaN}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 10)))
