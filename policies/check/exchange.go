package check

import "time"

// Exchange is what vega itself saw of the last exchange of a run with its target. It
// does not depend on the plugin, which can't change it.
type Exchange struct {
	HTTP *HTTPExchange // nil: the run received no HTTP response
	TLS  *TLSExchange  // nil: there was no TLS handshake
	// DNS is how long looking up names took, in total.
	DNS time.Duration
	// Connect is how long opening connections took, without TLS.
	Connect time.Duration
	// Address is the IP address of the last connection, without a port, or "".
	Address string
}

// HTTPExchange describes the last HTTP response of a run. The phases are sums over
// redirects.
type HTTPExchange struct {
	Status        int     // such as 200
	Version       float64 // 1.0, 1.1 or 2
	Redirects     int     // that were followed
	ContentLength int64   // of the header, or -1
	Bytes         int64   // of the body that were read, uncompressed
	LastModified  time.Time
	Resolve       time.Duration
	Connect       time.Duration
	TLS           time.Duration
	FirstByte     time.Duration // from the end of the request to the headers
	Transfer      time.Duration // of the body
}

// TLSExchange describes the last TLS handshake of a run.
type TLSExchange struct {
	Version string // such as "TLS 1.3"
	Cipher  string
	// EarliestExpiry is when the first certificate of those that the peer sent expires;
	// ChainExpiry the first of the verified chain that lasts longest, zero if none was
	// verified.
	EarliestExpiry, ChainExpiry time.Time
	Fingerprint                 string // SHA-256 of the peer's own certificate, in hex
	Subject, Issuer, Serial     string // of that certificate
}
