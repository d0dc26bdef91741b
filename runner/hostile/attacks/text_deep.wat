;; Writes an object 10,000 deep.
(func $attack
  (local $at i32)
  (local.set $at (i32.const 4096))
  (loop $l
    (i32.store (local.get $at) (i32.const 0x3a22227b)) (; {"": ;)
    (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const 44096))))
  (call $out (i32.const 4096) (i32.const 40000)))
