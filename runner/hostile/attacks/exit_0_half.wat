;; Writes half of an object and exits with 0.
(data (i32.const 4096) "{\"a\":")
(func $attack
  (call $out (i32.const 4096) (i32.const 5))
  (call $proc_exit (i32.const 0)))
