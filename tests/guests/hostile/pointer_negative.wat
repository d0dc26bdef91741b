;; Gives a row that begins at the last address there is.
;; meets: a check of every pointer and length
;; command: trap
;; reactor: trap
(func $attack
  (call $out (i32.const -1) (i32.const 1)))
