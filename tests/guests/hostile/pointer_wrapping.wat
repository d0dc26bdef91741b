;; Gives a row whose end wraps around to its start.
;; meets: a check of every pointer and length
;; command: trap
;; reactor: trap
(func $attack
  (call $out (i32.const -16) (i32.const 32)))
