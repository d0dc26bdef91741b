;; Writes terminal control bytes in a string.
;; meets: a strict parser
;; command: bad_output
;; reactor: bad_output
(data (i32.const 4096) "{\22a\22:\22\1b[2J\22}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 13)))
