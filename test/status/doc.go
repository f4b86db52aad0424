// Package status tests the status and control of secondaryplus over HTTP,
// through the binary. The primary is the scripted one, whose data are known,
// and knotd where its own tools say what the truth is.
package status
