;; Writes half of a surrogate pair.
(data (i32.const 4096) "{\22\5cud800\22:1}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 13)))
