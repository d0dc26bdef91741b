;; Exits with 255.
(func $attack
  (call $proc_exit (i32.const 255)))
