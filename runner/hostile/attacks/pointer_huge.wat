;; Gives a row of 4 GiB.
(func $attack
  (call $out (i32.const 0) (i32.const -1)))
