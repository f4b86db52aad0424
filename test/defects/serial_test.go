package defects_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"github.com/understudy-dns/understudy/test/ask"
	"github.com/understudy-dns/understudy/test/peer"
	"github.com/understudy-dns/understudy/test/primary"
)

// moved gives the answer the serial of a version that the primary has not.
func moved(by uint32) primary.Fault {
	return primary.Custom("moved", func(r *primary.Reply) {
		for i, rr := range r.Records {
			if soa, ok := dns.Copy(rr).(*dns.SOA); ok {
				soa.Serial += by
				r.Records[i] = soa
			}
		}
	})
}

func TestD06ATransferredSerialIsComparedWithTheCurrentAndTheAnnouncedOne(t *testing.T) {
	t.Parallel()
	const minusFive = 1<<32 - 5
	for name, back := range map[string]uint32{
		"the transfer is older than what is served":                        minusFive - 10,
		"the transfer is newer than what is served and than the announced": minusFive,
		"the transfer is not comparable with what is served":               1 << 31,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := start(t, calm(100, 50), "ixfr off", "retry 1s 1s")
			p.On(primary.AXFR, moved(back))
			p.Publish(t, calm(110, 80))
			refusedAgain(t, p, s, 100)
			wantServing(t, s, 100, "h49")
			p.On(primary.AXFR)
			ask.WaitSerial(t, s.Addr(), zone, 110)
		})
	}
}

func TestD16AnOutgoingIXFRComparesSerialsByRFC1982(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ours, client uint32
		whole        bool
	}{
		"the client has the same":                  {100, 100, false},
		"the client is newer":                      {100, 101, false},
		"the client is newer by a wrap":            {4294967290, 3, false},
		"the client is older":                      {100, 99, true},
		"the client is older by a wrap":            {3, 4294967290, true},
		"the client is older by the most there is": {1<<31 + 5, 6, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, s := start(t, calm(c.ours, 5))
			rrs := ask.IXFR(t, s.Addr(), zone, c.client, nil)
			if whole := len(rrs) > 1; whole != c.whole {
				t.Errorf("%d records: %v", len(rrs), rrs)
			}
			if soa, ok := rrs[0].(*dns.SOA); !ok || soa.Serial != c.ours {
				t.Errorf("the first record is %v", rrs[0])
			}
		})
	}
}

// testOn runs the tests of what counts with serials for a machine.
func testOn(arch string, flags ...string) (string, error) {
	args := append(append([]string{"test"}, flags...),
		"./plugin/internal/serial", "./plugin/internal/timers", "./plugin/internal/zone", "./plugin/internal/primary")
	cmd := exec.Command("go", args...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), arch, "CGO_ENABLED=0", "GOFLAGS=-short")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestD27SerialsOf32BitsOnA32BitMachine runs the packages that count with
// serials as a 32-bit program, and serials above 2^31 through the front door.
func TestD27SerialsOf32BitsOnA32BitMachine(t *testing.T) {
	t.Parallel()
	t.Run("the packages", func(t *testing.T) {
		t.Parallel()
		out, err := testOn("GOARCH=386")
		if err != nil && strings.Contains(out, "exec format error") {
			// This kernel runs no such programs; those of another 32-bit machine can be emulated.
			peer.RequireProgram(t, "qemu-arm", "qemu-user")
			out, err = testOn("GOARCH=arm", "-exec", "qemu-arm")
		}
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	for _, serial := range []uint32{1<<31 - 1, 1 << 31, 1<<32 - 2} {
		p, s := start(t, calm(serial, 5))
		p.Publish(t, calm(serial+1, 6))
		notify(t, p, s)
		ask.WaitSerial(t, s.Addr(), zone, serial+1)
		wantServing(t, s, serial+1, "h5")
	}
}
