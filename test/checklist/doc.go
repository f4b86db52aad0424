// Package checklist sees to it that every requirement of test/rfc-checklist.md, every failure drill, and every
// defect of the stock plugin has a test.
package checklist
