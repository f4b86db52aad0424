package xfr

// deltaSOA: an SOA in a reply of the IXFR form, after the first one. RFC 1995 §4 gives each of them its
// meaning by position: it ends the deletions, or it ends the additions and begins the next delta, or the
// reply.
func (i *Interpreter) deltaSOA(event Event) error {
	switch i.state {
	case inDelete:
		return i.beginAdd(event)
	case inAdd:
		if i.current == i.final {
			return i.endDeltas(event)
		}
	case atFirst:
		if i.isFirst(event.RR) {
			// Two equal SOAs: the AXFR form of a zone without any other record.
			i.state = inWhole
			if err := i.emit(i.firstEvent(Replace)); err != nil {
				return err
			}
			return i.endWhole(event)
		}
	}
	return i.beginDelete(event)
}

func (i *Interpreter) beginDelete(event Event) error {
	// RFC 1995 §4: the deltas are in order from the oldest, the first one from the client's version, and
	// each begins where the one before it led.
	if event.Serial != i.current {
		return doesNotApply("a delta from serial %s where %s is", event.Serial, i.current)
	}
	i.state = inDelete
	event.Kind = BeginDelete
	return i.emit(event)
}

func (i *Interpreter) beginAdd(event Event) error {
	// RFC 1982 §3.2: every version is newer than the one it was made from. That also ends every chain: it
	// cannot come back to a serial it had, short of a walk around all of them.
	if !event.Serial.Newer(i.current) {
		return doesNotApply("a delta from serial %s to %s", i.current, event.Serial)
	}
	if event.Serial == i.final && !i.isFirst(event.RR) {
		return doesNotApply("two SOAs of serial %s", i.final)
	}
	// A chain that has passed its end would never meet it.
	if event.Serial.Newer(i.final) {
		return doesNotApply("a delta to serial %s, beyond %s", event.Serial, i.final)
	}
	i.state, i.current = inAdd, event.Serial
	event.Kind = BeginAdd
	return i.emit(event)
}

func (i *Interpreter) endDeltas(event Event) error {
	// RFC 1995 §4: the last record is the SOA that was the first.
	if !i.isFirst(event.RR) {
		return doesNotApply("serial %s where the reply should end at %s", event.Serial, i.final)
	}
	i.state = ended
	return i.emit(i.firstEvent(Finished))
}
