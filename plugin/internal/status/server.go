package status

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Server is one listener.
type Server struct {
	addr     netip.AddrPort
	listener net.Listener
	http     http.Server
	access   atomic.Pointer[Access]
	stop     context.CancelCauseFunc
	accepts  sync.WaitGroup

	mu      sync.Mutex
	serving bool
	closed  bool
	busy    sync.WaitGroup // the requests that are being answered; added to under mu
}

// Bounds of what a client may do.
const (
	headerWait   = 5 * time.Second
	requestWait  = 10 * time.Second
	idleWait     = time.Minute
	largestHead  = 16 << 10
	closingGrace = time.Second
)

// Listen opens a listener. The unspecified IPv6 address stands for all addresses, those of IPv4 too. Nothing is
// answered before Serve; who connects until then waits.
func Listen(ctx context.Context, addr netip.AddrPort, source Source) (*Server, error) {
	network, where := "tcp", addr.String()
	switch {
	case addr.Addr().Is4():
		network = "tcp4" // 0.0.0.0 would mean IPv6, too
	case addr.Addr().IsUnspecified():
		where = ":" + strconv.Itoa(int(addr.Port()))
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, network, where)
	if err != nil {
		return nil, err
	}
	s := &Server{addr: addr, listener: listener}
	base, stop := context.WithCancelCause(context.Background())
	s.stop = stop
	s.http = http.Server{
		Handler:           s.counted(&handler{source, &s.access}),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: headerWait,
		ReadTimeout:       requestWait,
		IdleTimeout:       idleWait,
		MaxHeaderBytes:    largestHead,
	}
	return s, nil
}

// Addr is what was to be listened on.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// Serve begins to answer. Called again, it changes the Access.
func (s *Server) Serve(a Access) {
	s.access.Store(&a)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serving || s.closed {
		return
	}
	s.serving = true
	s.accepts.Go(func() { _ = s.http.Serve(s.listener) }) // until Close
}

// counted lets Close wait for those who are being answered.
func (s *Server) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			w.Header().Set("Connection", "close")
			(&problem{code: http.StatusServiceUnavailable, Error: ErrEnded.Error()}).write(w)
			return
		}
		s.busy.Add(1)
		s.mu.Unlock()
		defer s.busy.Done()
		next.ServeHTTP(w, r)
	})
}

// Close ends the listener. Who waits for an outcome is told that there will be none; other answers get a second
// to be sent. When it returns, nothing runs any more.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop(ErrEnded)
	_ = s.listener.Close()
	grace, cancel := context.WithTimeout(context.Background(), closingGrace)
	defer cancel()
	if s.http.Shutdown(grace) != nil {
		_ = s.http.Close()
	}
	s.busy.Wait()
	s.accepts.Wait()
}
