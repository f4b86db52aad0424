// Package checklist sees to it that every requirement of test/rfc-checklist.md, and every failure drill, has a
// test.
package checklist
