;; Writes half of an object and exits with 0.
;; meets: a strict parser; a reactor has not answered
;; command: bad_output
;; reactor: bad_output
(data (i32.const 4096) "{\"a\":")
(func $attack
  (call $out (i32.const 4096) (i32.const 5))
  (call $proc_exit (i32.const 0)))
