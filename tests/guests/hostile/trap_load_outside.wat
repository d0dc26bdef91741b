;; Reads behind its memory.
;; meets: a check of every address
;; command: trap
;; reactor: trap
(func $attack
  (drop (i64.load (i32.const 131065))))
