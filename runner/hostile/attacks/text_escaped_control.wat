;; Writes terminal escapes as a text, key and value.
(data (i32.const 4096) "{\22\5cu001b]0;x\5cu0007\22:\22\5cu001b[2J\22}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 33)))
