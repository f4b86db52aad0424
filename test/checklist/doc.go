// Package checklist sees to it that every requirement of test/rfc-checklist.md, every failure drill, every defect
// of the stock plugin and every rule for new versions has a test.
package checklist
