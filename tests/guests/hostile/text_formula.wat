;; Writes what a spreadsheet takes for a formula.
;; meets: nothing: it is a text like any other, and the table holds it as it is
;; command: done
;; reactor: done
(data (i32.const 4096) "{\22a\22:\22=cmd|' /C calc'!A0\22}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 27)))
