;; Asks for 4 GiB of randomness.
;; meets: a check of every pointer, and fuel
;; command: out_of_fuel
;; reactor: out_of_fuel
(func $attack
  (drop (call $random_get (i32.const 0) (i32.const -1)))
  (loop $l (br $l)))
