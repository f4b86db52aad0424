// Package primary is the scripted primary: a real UDP and TCP server that
// answers SOA, AXFR and IXFR queries correctly, except for the faults that a
// test gives it by name.
//
//	p := primary.Start(t, primary.Config{Zone: "example.org.", Key: &key})
//	p.Publish(t, textOfSerial1)
//	p.Publish(t, textOfSerial2)                  // IXFR 1→2 follows from the two
//	p.On(primary.AXFR, primary.CloseAfter(3))    // every AXFR from now on
//	p.OnNext(primary.SOA, 2, primary.Servfail()) // the next two SOA queries
//	p.OnNames(t, primary.IXFR, "one_by_one", "slow=100")
//	p.NotifyTo(t, addr, nil)
//	q := p.WaitQuery(t, primary.IXFR, 1)         // the first IXFR: q.Serial, q.Key …
//	d := p.WaitDelivery(t, primary.AXFR, 1)      // how its answer ended
//
// An answer begins as a correct Reply. Faults change it in the order in which
// they are given: its records, then each message, then its bytes, then how
// they are delivered. Messages are packed here, since a DNS library would
// rightly refuse most of them.
package primary
