;; Reads behind its memory.
(func $attack
  (drop (i64.load (i32.const 131065))))
