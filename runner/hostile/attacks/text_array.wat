;; Writes an array in place of an object.
(data (i32.const 4096) "[1,2,3]\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 8)))
