// Package drills injects the faults that a secondary must survive, one a test, named after its number in the
// list of failure drills. Each checks what a client is answered meanwhile, and what the operator sees: the log
// and the metrics.
//
// The drills that take long are short here, or left out, unless DRILLS=all is in the environment, as it is in
// `make drills`. Those of clocks that cannot be turned on a machine that others use, too, are in the packages
// that own the clock.
package drills
