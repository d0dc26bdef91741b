;; Gives a row that leaves its memory.
;; meets: a check of every pointer and length
;; command: trap
;; reactor: trap
(func $attack
  (call $out (i32.const 131071) (i32.const 2)))
