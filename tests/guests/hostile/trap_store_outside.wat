;; Writes behind its memory.
;; meets: a check of every address
;; command: trap
;; reactor: trap
(func $attack
  (i64.store (i32.const -8) (i64.const 1)))
