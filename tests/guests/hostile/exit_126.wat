;; Exits with 126.
;; meets: nothing: it fails
;; command: exit
;; reactor: exit
(func $attack
  (call $proc_exit (i32.const 126)))
