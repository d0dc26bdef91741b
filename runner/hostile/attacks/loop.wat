;; Loops.
(func $attack
  (loop $l (br $l)))
