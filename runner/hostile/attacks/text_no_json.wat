;; Writes what is no JSON.
(data (i32.const 4096) "rm -rf /\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 9)))
