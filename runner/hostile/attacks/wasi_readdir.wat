;; Lists every descriptor that it may have.
(func $attack
  (local $fd i32)
  (loop $l
    (if (i32.eqz (call $fd_readdir (local.get $fd) (i32.const 4096) (i32.const 4096) (i64.const 0) (i32.const 80)))
      (then unreachable))
    (br_if $l (i32.lt_u (local.tee $fd (i32.add (local.get $fd) (i32.const 1))) (i32.const 64)))))
