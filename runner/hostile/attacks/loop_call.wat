;; Loops through a function that it calls.
(func $step (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
(func $attack
  (local $n i32)
  (loop $l (local.set $n (call $step (local.get $n))) (br $l)))
