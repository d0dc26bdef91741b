;; Reads as far behind its memory as an address and an offset reach.
(func $attack
  (drop (i64.load offset=0xffffffff (i32.const -1))))
