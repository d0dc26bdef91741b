;; Writes bytes that are no UTF-8.
;; meets: a strict parser
;; command: bad_output
;; reactor: bad_output
(data (i32.const 4096) "{\22a\22:\22\ff\fe\22}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 11)))
