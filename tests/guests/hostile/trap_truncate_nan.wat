;; Makes an integer of what is no number.
;; meets: a check of every operation
;; command: trap
;; reactor: trap
(func $attack
  (drop (i32.trunc_f32_s (f32.const nan))))
