// Package zonemd has zones with the digests that others made of them (RFC 8976) come through the front door: those
// that fit are served, and those that do not are kept out.
package zonemd
