package secondaryplus

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/coredns/coredns/request"
	"github.com/miekg/dns"

	"github.com/understudy-dns/understudy/plugin/internal/outgoing"
	"github.com/understudy-dns/understudy/plugin/internal/status"
)

// What becomes of a query for a transfer, as counted in transfers_out_total.
const (
	outSent = iota
	outRefused
	outBroken // the client went away, or took a message too slowly
	outResults
)

var outResultNames = [outResults]string{"sent", "refused", "broken"}

// outgoingKinds are all kinds of replies.
var outgoingKinds = [...]outgoing.Kind{outgoing.Whole, outgoing.Changes, outgoing.Current}

// outgoingCounts are the outgoing transfers of a zone, by kind and result.
type outgoingCounts [len(outgoingKinds)][outResults]atomic.Uint64

func (t *outgoingTransfer) count(kind outgoing.Kind, result int) {
	t.member.rare().outgoing[kind][result].Add(1)
}

// totals are those of all kinds.
func (c *outgoingCounts) totals() (t status.TransfersOut) {
	for kind := range c {
		t.Sent += c[kind][outSent].Load()
		t.Refused += c[kind][outRefused].Load()
		t.Broken += c[kind][outBroken].Load()
	}
	return t
}

// asked is the kind that a query asks for, where nothing is sent.
func asked(qtype uint16) outgoing.Kind {
	if qtype == dns.TypeIXFR {
		return outgoing.Changes
	}
	return outgoing.Whole
}

// messageWait is how long a client may take for one message; the server sets no limit of its own.
const messageWait = 30 * time.Second

// errSlow says that a client took longer.
var errSlow = errors.New("the client does not read")

// send writes a reply, message by message: what a client has not read is not packed.
func (t *outgoingTransfer) send(reply outgoing.Reply) {
	begun := time.Now()
	timer := newWriteTimer(t.w, messageWait)
	sent, err := reply.Write(t.query, t.bounds(), func(msg []byte) error {
		if t.signed != nil {
			msg = t.signed.signer.Sign(msg, time.Now())
		}
		t.turn.pause()
		defer t.turn.work()
		return timer.write(msg)
	})
	if err != nil {
		t.count(sent.Kind, outBroken)
		t.member.complain("%s: %s to %s broke off after %d messages: %v", t.name, sent.Kind, t.from, sent.Messages, err)
		_ = t.w.Close() // or else the client waits for the rest
		return
	}
	t.count(sent.Kind, outSent)
	print := log.Infof
	if sent.Kind == outgoing.Current {
		print = log.Debugf
	}
	print("%s: serial %s to %s by %s: %d messages, %d records, %d octets in %s",
		t.name, reply.Serial(), t.from, sent.Kind, sent.Messages, sent.Records, sent.Octets, time.Since(begun).Round(10*time.Microsecond))
}

// bounds leaves room in every message for its TSIG record.
func (t *outgoingTransfer) bounds() outgoing.Bounds {
	b := outgoing.Bounds{Octets: dns.MaxMsgSize}
	if t.carrier == datagram {
		state := request.Request{W: t.w, Req: t.r}
		b = outgoing.Bounds{Octets: state.Size(), Single: true}
	}
	if t.signed != nil {
		b.Octets -= t.signed.signer.Octets()
	}
	return b
}

// A writeTimer closes the connection when a single write takes too long: a [dns.ResponseWriter] has no
// deadline.
type writeTimer struct {
	w     dns.ResponseWriter
	limit time.Duration
	timer *time.Timer // runs during a write
	fired chan struct{}
	over  bool
}

func newWriteTimer(w dns.ResponseWriter, limit time.Duration) *writeTimer {
	t := &writeTimer{w: w, limit: limit, fired: make(chan struct{})}
	t.timer = time.AfterFunc(limit, func() {
		defer close(t.fired)
		_ = w.Close()
	})
	t.timer.Stop()
	return t
}

func (t *writeTimer) write(msg []byte) error {
	if t.over {
		return errSlow
	}
	t.timer.Reset(t.limit)
	_, err := t.w.Write(msg)
	if !t.timer.Stop() {
		<-t.fired
		t.over = true
		return errSlow
	}
	return err
}
