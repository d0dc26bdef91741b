;; Writes an array in place of an object.
;; meets: a strict parser
;; command: bad_output
;; reactor: bad_output
(data (i32.const 4096) "[1,2,3]\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 8)))
