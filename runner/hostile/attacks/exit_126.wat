;; Exits with 126.
(func $attack
  (call $proc_exit (i32.const 126)))
