;; Gives a row that lies behind its memory.
;; meets: a check of every pointer and length
;; command: trap
;; reactor: trap
(func $attack
  (call $out (i32.const 131072) (i32.const 1)))
