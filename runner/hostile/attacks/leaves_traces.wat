;; Changes all of its memory, a global and a table, for the next task to see.
(global $left (mut i32) (i32.const 0))
(func $attack
  (memory.fill (i32.const 0) (i32.const 0xaa) (i32.const 131072))
  (global.set $left (i32.const 1))
  (drop (memory.grow (i32.const 1))))
