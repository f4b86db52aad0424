// Package tell tests the NOTIFYs that ours sends to the secondaries below it,
// through the binary.
package tell
