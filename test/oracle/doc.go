// Package oracle compares our answers with those of BIND, NSD and Knot.
//
// The same zones are served by all four; the same questions are asked of all
// four; where at least two of the three peers agree, ours must agree with
// them, and where no two do, ours must equal one of them. What is left is
// listed, with its defence, in choices.go. Denials of existence are moreover
// proved by a checker written from RFC 4035 and RFC 5155, and by unbound for a
// sample of them; ldns-verify-zone looks at the zones that ours transfers out.
//
// ORACLE_SEED and ORACLE_QUESTIONS change the run; ORACLE_SUBJECT puts another
// server in our place, to see that the comparison would notice.
package oracle
