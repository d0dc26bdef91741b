;; Reads its input into 1,000 iovecs of which each lies over the others, and over the count of bytes.
(func $attack
  (local $at i32)
  (local.set $at (i32.const 4096))
  (loop $l
    (i32.store (local.get $at) (i32.const 60))
    (i32.store (i32.add (local.get $at) (i32.const 4)) (i32.const 65536))
    (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 12096))))
  (drop (call $fd_read (i32.const 0) (i32.const 4096) (i32.const 1000) (i32.const 64))))
