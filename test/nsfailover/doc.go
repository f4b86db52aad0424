// Package nsfailover has tests of the plugin of that name through the front door.
package nsfailover
