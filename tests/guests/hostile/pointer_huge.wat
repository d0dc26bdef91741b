;; Gives a row of 4 GiB.
;; meets: a limit of what one call moves; a check of every pointer and length
;; command: done
;; reactor: trap
(func $attack
  (call $out (i32.const 0) (i32.const -1)))
