;; Exports a start that takes a parameter.
;; refused: _start
(module
  (memory (export "memory") 1)
  (func (export "_start") (param i32)))
