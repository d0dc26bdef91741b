;; Imports what nobody grants.
;; refused: `launch` from `env`
(module
  (import "env" "launch" (func))
  (memory (export "memory") 1)
  (func (export "_start")))
