;; Makes a link to / in every descriptor that it may have, and opens etc/passwd through it.
(data (i32.const 4096) "/lroot/etc/passwd")
(func $attack
  (local $fd i32)
  (loop $l
    (if (i32.eqz (call $path_symlink (i32.const 4096) (i32.const 1) (local.get $fd) (i32.const 4097) (i32.const 5)))
      (then unreachable))
    (if (i32.eqz (call $path_open (local.get $fd) (i32.const 1) (i32.const 4097) (i32.const 16) (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 80)))
      (then unreachable))
    (br_if $l (i32.lt_u (local.tee $fd (i32.add (local.get $fd) (i32.const 1))) (i32.const 64)))))
