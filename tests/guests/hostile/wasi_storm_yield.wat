;; Yields without end.
;; meets: fuel for each call
;; command: out_of_fuel
;; reactor: out_of_fuel
(func $attack
  (loop $l (drop (call $sched_yield)) (br $l)))
