;; Writes a NUL as UTF-8 that is longer than it should be.
(data (i32.const 4096) "{\22a\22:\22\c0\80\22}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 11)))
