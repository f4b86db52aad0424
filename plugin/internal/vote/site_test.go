package vote

import (
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// mute accepts connections, and says nothing.
func mute(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return "http://" + l.Addr().String()
}

// With credentials a client asks for a token before anything else.
func TestNobodyWaitsForAnEtcdThatIsMute(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	s := Join(Config{Endpoints: []string{mute(t)}, Username: "u", Password: "p", Name: "a", Told: func() {}, Trouble: func(error) {}})
	s.Say("target", true)
	if s.Tally() != nil {
		t.Error("it knows what others say")
	}
	s.Close()
	if took := time.Since(begun); took >= callWait { // not how quick it is, but whether the client's own timeout went by
		t.Errorf("it waited for the etcd: %s", took)
	}
}

// Trouble that lasts is told once, and does not end the trying.
func TestTroubleIsToldOnce(t *testing.T) {
	t.Parallel()
	var told atomic.Int32
	tries := make(chan struct{}, 2)
	s := Join(Config{
		Endpoints: []string{mute(t)}, Username: "u", Password: "p", Name: "a",
		Told: func() { tries <- struct{}{} }, Trouble: func(error) { told.Add(1) },
	})
	for range 2 {
		select {
		case <-tries:
		case <-time.After(10 * (callWait + retryWait)):
			t.Fatal("it does not try again")
		}
	}
	s.Close() // which tells once more, at the most
	if told.Load() != 1 {
		t.Errorf("told %d times", told.Load())
	}
}
