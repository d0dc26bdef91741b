;; Exits with -1.
(func $attack
  (call $proc_exit (i32.const -1)))
