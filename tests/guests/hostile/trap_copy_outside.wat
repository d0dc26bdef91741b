;; Copies from behind its memory.
;; meets: a check of every address
;; command: trap
;; reactor: trap
(func $attack
  (memory.copy (i32.const 0) (i32.const -1) (i32.const 2)))
