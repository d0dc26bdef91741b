;; Loops through a function that it calls.
;; meets: fuel
;; command: out_of_fuel
;; reactor: out_of_fuel
(func $step (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
(func $attack
  (local $n i32)
  (loop $l (local.set $n (call $step (local.get $n))) (br $l)))
