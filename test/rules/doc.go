// Package rules has a test for each rule that a version must keep before it replaces the last good one, with
// nothing in the Corefile that asks for it: the number in a test's name is that of the rule.
package rules
