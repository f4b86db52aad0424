package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/miekg/dns"
)

// An origin is a zone as its primary has it.
type origin interface {
	serial() uint32
	// full writes the whole zone, from SOA to SOA.
	full(q asked, to io.Writer) error
	// since are the records of an IXFR from a serial; nil when it does not know it.
	since(serial uint32) []record
}

// A largeZone lies as a reply to AXFR on disk, so that to send it costs next to nothing. What changes in it are a
// few addresses and the serial, which are overwritten in place.
type largeZone struct {
	name     string
	file     *os.File
	records  int
	probe    string // the name that a change of one record is seen at
	serials  []int64
	churn    []churned // the first is the probe's
	mu       sync.Mutex
	revision uint32
	journal  map[uint32][]record // by serial, what leads from it to the next
}

// churned is an A record that changes.
type churned struct {
	record
	at int64 // in the file
}

// A builder writes a large zone's file.
type builder struct {
	*largeZone
	*packer
	out *bufio.Writer
}

// buildZone makes one that lasts as long as the run.
func (b *bench) buildZone(name, probe string, fill func(*builder)) *largeZone {
	f, err := os.CreateTemp(b.files, "axfr")
	if err != nil {
		b.stand.Fatal(err)
	}
	z := &largeZone{name: name, file: f, probe: probe, journal: map[uint32][]record{}}
	out := bufio.NewWriterSize(f, 1<<20)
	x := &builder{z, &packer{to: out, question: append(wireName(name), uint16s(dns.TypeAXFR, dns.ClassINET)...)}, out}
	x.soa()
	fill(x)
	z.records = x.packer.records
	x.soa()
	x.flush()
	if err := out.Flush(); err != nil || x.err != nil {
		b.stand.Fatal(err, x.err)
	}
	return z
}

func (x *builder) soa() { x.serials = append(x.serials, x.add(soaRecord(firstSerial))-serialFromEnd) }

// changing adds an A record that revisions change.
func (x *builder) changing(r record) {
	c := churned{r, x.add(r) - 4}
	if bytes.Equal(r.owner, labels(probeLabel)) {
		x.churn = append([]churned{c}, x.churn...)
		return
	}
	x.churn = append(x.churn, c)
}

const firstSerial = 1

func (z *largeZone) serial() uint32 {
	z.mu.Lock()
	defer z.mu.Unlock()
	return firstSerial + z.revision
}

// full sends the file; in each message the ID and the type that was asked for take the place of what is there.
func (z *largeZone) full(q asked, to io.Writer) error {
	in := bufio.NewReaderSize(io.NewSectionReader(z.file, 0, 1<<62), 1<<20)
	out := bufio.NewWriterSize(to, 256<<10)
	var m [1 << 16]byte
	for {
		if _, err := io.ReadFull(in, m[:2]); err == io.EOF {
			return out.Flush()
		} else if err != nil {
			return err
		}
		n := 2 + int(binary.BigEndian.Uint16(m[:]))
		if _, err := io.ReadFull(in, m[2:n]); err != nil {
			return err
		}
		binary.BigEndian.PutUint16(m[2:], q.id)
		copy(m[2+headerOctets:], q.question)
		if _, err := out.Write(m[:n]); err != nil {
			return err
		}
	}
}

func (z *largeZone) since(serial uint32) (list []record) {
	z.mu.Lock()
	defer z.mu.Unlock()
	current := firstSerial + z.revision
	if serial == current {
		return []record{soaRecord(current)}
	}
	list = append(list, soaRecord(current))
	for ; serial != current; serial++ {
		step := z.journal[serial]
		if step == nil {
			return nil
		}
		list = append(list, step...)
	}
	return append(list, soaRecord(current))
}

// A revision is a version of a zone with another address at one of its names.
type revision struct {
	name    string
	address string
	notify  []byte // the NOTIFY that tells of it
}

// revise gives the first n addresses that change a new value. Nobody is notified: that is done by tell, so that
// it is known when.
func (z *largeZone) revise(b *bench, n int) revision {
	z.mu.Lock()
	defer z.mu.Unlock()
	old := firstSerial + z.revision
	z.revision++
	var deleted, added []record
	for i := range z.churn[:min(n, len(z.churn))] {
		c := &z.churn[i]
		deleted = append(deleted, c.record)
		c.data = []byte{10, 128 | byte(i>>8), byte(z.revision), byte(i)}
		added = append(added, c.record)
		z.patch(b, c.data, c.at)
	}
	for _, at := range z.serials {
		z.patch(b, uint32s(old+1), at)
	}
	z.journal[old] = joinRecords([]record{soaRecord(old)}, deleted, []record{soaRecord(old + 1)}, added)
	return revision{z.probe, dottedQuad(z.churn[0].data), notifyOf(z.name, old+1)}
}

func (z *largeZone) patch(b *bench, data []byte, at int64) {
	if _, err := z.file.WriteAt(data, at); err != nil {
		b.stand.Fatal(err)
	}
}

func joinRecords(lists ...[]record) (all []record) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func dottedQuad(a []byte) string { return fmt.Sprintf("%d.%d.%d.%d", a[0], a[1], a[2], a[3]) }

// notifyOf is a NOTIFY that carries the SOA.
func notifyOf(zone string, serial uint32) []byte {
	question := append(wireName(zone), uint16s(dns.TypeSOA, dns.ClassINET)...)
	const notify = dns.OpcodeNotify<<11 | 1<<10
	var w bytes.Buffer
	p := packer{to: &w, id: uint16(serial), question: question}
	p.add(soaRecord(serial))
	p.flush()
	m := w.Bytes()[2:]
	binary.BigEndian.PutUint16(m[2:], notify)
	return m
}
