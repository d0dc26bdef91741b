;; Divides the smallest number by -1.
(func $attack
  (drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1))))
