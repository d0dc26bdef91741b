;; Writes an object with a comma at its end.
(data (i32.const 4096) "{\22a\22:1,}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 9)))
