package fault

import "net"

// judgeName judges a lookup by the resolver that vega uses. A name that does
// not exist is the target's. Every other failure is the resolver's, and so
// vega's: package sockets reports one of the name's own zone as not found.
func judgeName(e *net.DNSError) (End, *Own) {
	if e.IsNotFound {
		return Unresolved, nil
	}
	return Unavailable, New(nil, "vega's resolver could not resolve the name ("+e.Err+")", CheckResolver)
}

// CheckResolver is what to do about a resolver that does not work.
const CheckResolver = "check that DNS server, and network.resolver or /etc/resolv.conf on vega's machine"

// A Reply is what a response code of vega's own resolver says about the name
// that it was asked for.
type Reply int

// The replies of a resolver.
const (
	Broken    Reply = iota // nothing: the resolver does not resolve for vega
	Answers                // that the name has the records in the reply, or none
	NoName                 // that the name does not exist
	Ambiguous              // that its zone is broken if the resolver resolves other names, or else nothing
)

// rcodes lists the response codes (RFC 6895, section 2.3) that say something.
var rcodes = map[int]Reply{
	0: Answers,   // NOERROR
	2: Ambiguous, // SERVFAIL
	3: NoName,    // NXDOMAIN
}

// Rcode returns what a response code says. REFUSED, FORMERR, NOTIMP, NOTAUTH
// and all others are about the resolver and vega's query.
func Rcode(code int) Reply { return rcodes[code] }
