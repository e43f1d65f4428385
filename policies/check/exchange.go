package check

import (
	"net/netip"
	"time"
)

// Exchange is what vega itself saw of the last exchange of a run with its target. It
// does not depend on the plugin, which can't change it.
type Exchange struct {
	HTTP  *HTTPExchange // nil: the run made no HTTP request
	TLS   *TLSExchange  // nil: there was no TLS handshake in which the peer showed a certificate
	Query *DNSExchange  // nil: the run made no DNS query of its own
	// DNS is how long looking up names took, in total.
	DNS time.Duration
	// Connect is how long opening connections took, in total, without TLS.
	Connect time.Duration
	// Address is where the last connection went, or would have gone. It is the zero Addr
	// if the address is not known.
	Address netip.Addr
}

// HTTPExchange describes the last HTTP request of a run, and the last response to it.
// The phases are sums over redirects.
type HTTPExchange struct {
	Status        int     // such as 200; 0: there was no response
	Version       float64 // 1.0, 1.1 or 2; 0: there was no response
	Secure        bool    // the response came over TLS
	Redirects     int     // responses that were redirects, also if they were not followed
	ContentLength int64   // of the header, or -1
	Bytes         int64   // of the body that were read, uncompressed
	LastModified  time.Time
	Resolve       time.Duration
	Connect       time.Duration
	TLS           time.Duration
	FirstByte     time.Duration // from the beginning of the request to the headers
	Transfer      time.Duration // of the part of the body that was read
}

// TLSExchange describes the last TLS handshake of a run, whether the certificate was
// accepted or not.
type TLSExchange struct {
	Version string // such as "TLS 1.3"
	Cipher  string // such as "TLS_AES_128_GCM_SHA256"
	// EarliestExpiry is when the first certificate of those that the peer sent expires;
	// ChainExpiry the first of the verified chain that lasts longest, zero if none was
	// verified.
	EarliestExpiry, ChainExpiry time.Time
	Certificate                 *Certificate // nil unless the caller of the run asked for it
}

// Certificate describes the certificate of a peer. The texts are the peer's, shortened,
// and without secrets.
type Certificate struct {
	Fingerprint     string // SHA-256, in hex
	Subject, Issuer string
	Names           string // DNS names, separated by commas
	Serial          string // in hex
}

// DNSExchange describes the last DNS query of a run.
type DNSExchange struct {
	Resolve time.Duration // to look up the name of the server
	Connect time.Duration
	Request time.Duration // from the query to the reply
	Replied bool          // there was a reply, with whatever response code
	// Answers, Authorities and Additionals count the records of the reply.
	Answers, Authorities, Additionals int
	Serial                            *uint32 // of an SOA record
}
