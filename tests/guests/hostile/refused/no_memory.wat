;; Exports no memory.
;; refused: memory
(module (func (export "_start")))
