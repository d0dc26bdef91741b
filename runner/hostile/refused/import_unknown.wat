;; Imports what nobody grants.
(module
  (import "env" "launch" (func))
  (memory (export "memory") 1)
  (func (export "_start")))
