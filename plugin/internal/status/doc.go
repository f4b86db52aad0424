// Package status is the HTTP listener that tells how the zones are, and takes orders: JSON documents below /v1/.
//
// It knows no plugin. What it tells comes from a [Source], and orders go there. A [Server] is one listener; who
// may ask is its [Access], which can be changed while it serves.
//
// Nobody but the operator is to be answered. Without a token, the listener is on loopback, where browsers can be
// made to knock: a request must name its host by address or as localhost, so that no name which an attacker
// lets point here is accepted, and an order that another site made a browser send is refused.
package status
