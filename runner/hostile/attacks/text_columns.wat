;; Writes a row of 10,000 columns.
(func $digit (param $at i32) (param $n i32)
  (i32.store8 (local.get $at) (i32.add (i32.const 0x61) (i32.and (local.get $n) (i32.const 15)))))
(func $attack
  (local $at i32) (local $n i32)
  (local.set $at (i32.const 4096))
  (i32.store8 (local.get $at) (i32.const 0x7b))
  (loop $l
    (i64.store (i32.add (local.get $at) (i32.const 1)) (i64.const 0x303a220000000022)) (; "....":0 ;)
    (i32.store8 (i32.add (local.get $at) (i32.const 9)) (i32.const 0x2c))
    (call $digit (i32.add (local.get $at) (i32.const 2)) (local.get $n))
    (call $digit (i32.add (local.get $at) (i32.const 3)) (i32.shr_u (local.get $n) (i32.const 4)))
    (call $digit (i32.add (local.get $at) (i32.const 4)) (i32.shr_u (local.get $n) (i32.const 8)))
    (call $digit (i32.add (local.get $at) (i32.const 5)) (i32.shr_u (local.get $n) (i32.const 12)))
    (local.set $at (i32.add (local.get $at) (i32.const 9)))
    (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000))))
  (i32.store8 (local.get $at) (i32.const 0x7d))
  (call $out (i32.const 4096) (i32.const 90001)))
