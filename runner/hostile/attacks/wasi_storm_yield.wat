;; Yields without end.
(func $attack
  (loop $l (drop (call $sched_yield)) (br $l)))
