;; Writes half of an object and ends well.
(data (i32.const 4096) "{\22a\22:1,\22b\22:")
(func $attack
  (call $out (i32.const 4096) (i32.const 11)))
