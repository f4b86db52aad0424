package guard

// What a catalog zone may lose at once without anybody's consent.
const (
	catalogLossCount   = 10 // fewer members than these are no disaster
	catalogLossPercent = 30 // of the members
)

// CatalogLoss says whether a catalog zone loses so many of its members at once that the loss is rather a
// mistake of whoever makes the catalog: it is to be held.
func CatalogLoss(members, lost int) (hold bool) {
	return lost >= catalogLossCount && lost*100 > members*catalogLossPercent
}
