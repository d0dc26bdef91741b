;; Exits with 0, in the middle of its work.
;; meets: nothing for a command; a reactor has not answered
;; command: done
;; reactor: exit
(func $attack
  (call $proc_exit (i32.const 0)))
