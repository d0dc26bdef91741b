;; Writes bytes that are no UTF-8.
(data (i32.const 4096) "{\22a\22:\22\ff\fe\22}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 11)))
