;; Calls itself with a large frame.
(func $wide (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
  (i64.add (local.get 0) (call $wide (local.get 7) (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))))
(func $attack
  (drop (call $wide (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) )))
