;; Waits for 2^24 things at once.
(func $attack
  (drop (call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 0x1000000) (i32.const 200)))
  unreachable)
