package drills_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets more drills run at a time than there are processors, unless -parallel says otherwise: mostly
// they wait.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
