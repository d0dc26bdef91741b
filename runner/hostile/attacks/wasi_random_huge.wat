;; Asks for 4 GiB of randomness.
(func $attack
  (drop (call $random_get (i32.const 0) (i32.const -1)))
  (loop $l (br $l)))
