// Package defects has a test for each thing that the stock plugin secondary of
// CoreDNS 1.15.0 gets wrong, named after its number in the list of defects, and
// with the opposite outcome.
//
// To see such a test fail where the defect was found:
//
//	UNDERSTUDY_BIN=/path/to/stock/coredns DEFECTS_PLUGIN=secondary go test -run TestD01 ./test/defects
package defects
