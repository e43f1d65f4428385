// Package abi holds the numbers and names of probe ABI version 1, and the raw
// calls that a guest makes to its host. ABI.md next to package sdk is the
// specification.
//
// Probe authors want package sdk instead. The host (package plugins) uses only
// the constants. Except on wasip1, the raw calls go to the Host that sdktest
// installed, so that probes build and run natively.
package abi

// Module is the import module of every host function, and the value of "abi" in
// a manifest.
const Module = "vega_v1"

// RunExport is the function that a plugin exports: vega_run(probe_index) ->
// status.
const RunExport = "vega_run"

// ManifestSection names the custom section that holds the manifest (JSON).
const ManifestSection = "vega.manifest"

// ProbeKey is the config key whose value is the name of the bound probe.
const ProbeKey = "@probe"

// Status is the result of vega_run: a Nagios plugin code. Any other value is a
// fault of the probe.
type Status int32

// The four statuses that a probe may return.
const (
	Healthy   Status = 0
	Degraded  Status = 1
	Unhealthy Status = 2
	Unknown   Status = 3
)

// Errno is a negative result of a host call.
type Errno int32

// The errnos of ABI version 1.
const (
	ErrNotSet   Errno = -1  // no such option, key, path, header or record
	ErrDenied   Errno = -2  // the capability or the destination was not granted
	ErrTimeout  Errno = -3  // the run's deadline passed while waiting
	ErrRefused  Errno = -4  // connection refused
	ErrDNS      Errno = -5  // the name does not resolve
	ErrTLS      Errno = -6  // handshake or verification failed
	ErrReset    Errno = -7  // the peer closed or reset the connection
	ErrTooLarge Errno = -8  // a result or argument over its limit
	ErrInvalid  Errno = -9  // a malformed argument or a handle of another kind
	ErrQuota    Errno = -10 // too many handles, or the key-value quota is full
	ErrClosed   Errno = -11 // the handle is closed
	ErrIO       Errno = -12 // the call was not made or can't be judged; the target may be well
	ErrTarget   Errno = -13 // the target failed in a way that has no errno of its own
)

// Level is the level of a log line, as in log/slog.
type Level int32

// The levels of a log line.
const (
	LevelDebug Level = 0
	LevelInfo  Level = 1
	LevelWarn  Level = 2
	LevelError Level = 3
)

// The networks of the dial call.
const (
	NetTCP int32 = 0
	NetTLS int32 = 1
	NetUDP int32 = 2
)

// The options of the http_option call.
const (
	OptRedirects int32 = 0 // redirects to follow, default 10
	OptMaxBody   int32 = 1 // maximum size of the response body in bytes
	OptUTF8      int32 = 2 // 1: the body is converted to UTF-8
	OptNoJSON    int32 = 3 // 1: json will not be called, so the body need not be kept
)

// The phases of the http_timing call, which returns nanoseconds.
const (
	PhaseDNS       int32 = 0
	PhaseConnect   int32 = 1
	PhaseTLS       int32 = 2
	PhaseFirstByte int32 = 3
	PhaseTotal     int32 = 4
)

// The facts of the tls_info call.
const (
	TLSVersion  int32 = 0 // "TLS 1.3"
	TLSCipher   int32 = 1
	TLSSubject  int32 = 2
	TLSIssuer   int32 = 3
	TLSNotAfter int32 = 4 // unix seconds, decimal
	TLSDNSNames int32 = 5 // newline-separated
	TLSVerified int32 = 6 // "" if verified, or the reason why not

	TLSChainNotAfter int32 = 7 // unix seconds, decimal: when the verified chain ends
	TLSChainSubject  int32 = 8 // of the certificate that ends first, "" if it is the leaf
	TLSClient        int32 = 9 // "" if the server asked for no client certificate, else "sent" or "none"

	// TLSRedirects is "" if no server redirected over TLS to the one that answered. Else
	// it is three lines about the one whose chain ends first: the end as in
	// TLSChainNotAfter, the origin, and the subject as in TLSChainSubject.
	TLSRedirects int32 = 10
)
