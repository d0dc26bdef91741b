;; Writes nothing without end.
;; meets: fuel for each call
;; command: out_of_fuel
;; reactor: out_of_fuel
(func $attack
  (loop $l (drop (call $fd_write (i32.const 1) (i32.const 64) (i32.const 0) (i32.const 80))) (br $l)))
