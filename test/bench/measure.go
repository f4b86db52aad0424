package main

// A measure is a question that every contender answers in turn.
type measure interface {
	// name is how -only calls it.
	name() string
	// about says in a few words what will be done.
	about(options) string
	// run measures all contenders that take part and records what they did.
	run(*bench)
	// profile makes ours do the same once more while it is being profiled.
	profile(*bench)
}

// measures are all there are, in the order in which they run.
var measures = []measure{
	axfr{}, change{}, delta{}, latency{}, query{}, out{}, restart{}, zones{}, tld{}, many{},
}

// usual are those that take no longer than one likes to wait.
const usual = "axfr,change,delta,latency,query,out,restart,zones"

// everybody are the contenders.
const everybody = "ours,stock,bind,knot,nsd"

func find(name string) (measure, bool) {
	for _, m := range measures {
		if m.name() == name {
			return m, true
		}
	}
	return nil, false
}
