package status

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

// listen opens a listener on a free port.
func listen(t *testing.T, host string, source Source) *Server {
	t.Helper()
	free, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("no address %s here: %v", host, err)
	}
	addr := netip.MustParseAddrPort(free.Addr().String())
	free.Close()
	s, err := Listen(t.Context(), addr, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestAServerAnswersFromServeToClose(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		s := listen(t, host, &fake{})
		url := "http://" + s.Addr().String() + "/v1/"
		answer := make(chan string)
		go func() {
			text, err := get(t.Context(), url)
			if err != nil {
				t.Error(err)
			}
			answer <- text
		}()
		s.Serve(Access{}) // who came before is answered, too
		if text := <-answer; !strings.HasPrefix(text, "200 ") {
			t.Errorf("%s", text)
		}
		if _, err := Listen(t.Context(), s.Addr(), &fake{}); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("listened on twice: %v", err)
		}
		s.Serve(Access{TokenFile: tokenFile(t, token)})
		if text, err := get(t.Context(), url); err != nil || !strings.HasPrefix(text, "401 ") {
			t.Errorf("with a token now: %s, %v", text, err)
		}
		s.Close()
		if text, err := get(t.Context(), url); err == nil {
			t.Errorf("after Close: %s", text)
		}
	}
}

func TestAnAddressIsFreeAfterClose(t *testing.T) {
	unused := listen(t, "127.0.0.1", &fake{})
	unused.Close()
	again, err := Listen(t.Context(), unused.Addr(), &fake{})
	if err != nil {
		t.Fatal(err)
	}
	again.Serve(Access{})
	again.Close()
	again.Serve(Access{})
	again.Close()
}

func TestCloseEndsThoseWhoWait(t *testing.T) {
	waits := make(chan struct{})
	f := &fake{zones: []Zone{zoneOf("example.", "", "", "serving")}}
	f.wait = func(ctx context.Context) error {
		close(waits)
		<-ctx.Done()
		return context.Cause(ctx)
	}
	s := listen(t, "127.0.0.1", f)
	s.Serve(Access{})
	answer := make(chan string)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.Addr().String()+"/v1/zones/example/refresh?wait=true", nil)
		if err != nil {
			t.Error(err)
		}
		text, err := do(r)
		if err != nil {
			t.Error(err)
		}
		answer <- text
	}()
	<-waits
	s.Close()
	if text := <-answer; !strings.HasPrefix(text, "503 ") || !strings.Contains(text, ErrEnded.Error()) {
		t.Errorf("%s", text)
	}
}

func TestWhoIsGoneIsNotWaitedFor(t *testing.T) {
	waits, ended := make(chan struct{}), make(chan struct{})
	f := &fake{zones: []Zone{zoneOf("example.", "", "", "serving")}}
	f.wait = func(ctx context.Context) error {
		close(waits)
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	}
	s := listen(t, "127.0.0.1", f)
	s.Serve(Access{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Addr().String()+"/v1/zones/example/refresh?wait=1", strings.NewReader("{}"))
		if err != nil {
			t.Error(err)
		}
		if text, err := do(r); err == nil {
			t.Errorf("answered %s", text)
		}
	}()
	<-waits
	cancel()
	<-ended
}
