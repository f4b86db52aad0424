package zone

// KeepsCase says that the owner name has upper-case letters above the apex, which Owner gives back.
func (n Node) KeepsCase() bool { return len(n.keptCase()) > 0 }
