// Package abi holds the numbers and names of probe ABI version 1, and the raw
// calls a guest makes to its host. ABI.md beside the sdk package is the text
// of the contract; this package is the same contract for a compiler.
//
// Probe authors want package sdk instead. The host (package plugins) imports
// only the constants. On anything but wasip1 the raw calls go to the Host
// that sdktest installed, so that probes build and run natively.
package abi

// Module is the import module every host function lives in, and the value of
// "abi" in a manifest.
const Module = "vega_v1"

// RunExport is the function a plugin exports: vega_run(probe_index) -> status.
const RunExport = "vega_run"

// ManifestSection names the custom section that holds the manifest (JSON).
const ManifestSection = "vega.manifest"

// ProbeKey is the config key that answers with the name of the bound probe.
const ProbeKey = "@probe"

// Status is what vega_run returns: the Nagios plugin codes. Anything else is
// a fault of the probe.
type Status int32

// The four statuses a probe may return.
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
	ErrTimeout  Errno = -3  // the run's deadline came while waiting
	ErrRefused  Errno = -4  // connection refused
	ErrDNS      Errno = -5  // the name does not resolve
	ErrTLS      Errno = -6  // handshake or verification failed
	ErrReset    Errno = -7  // the peer closed or reset the connection
	ErrTooLarge Errno = -8  // an answer over its limit
	ErrInvalid  Errno = -9  // a malformed argument or a handle of another kind
	ErrQuota    Errno = -10 // too many handles, or the key-value quota is full
	ErrClosed   Errno = -11 // the handle is closed
	ErrIO       Errno = -12 // anything else that went wrong outside
)

// Level is the level of a log line, in the order of log/slog.
type Level int32

// Levels of a log line.
const (
	LevelDebug Level = 0
	LevelInfo  Level = 1
	LevelWarn  Level = 2
	LevelError Level = 3
)

// Networks of the dial call.
const (
	NetTCP int32 = 0
	NetTLS int32 = 1
	NetUDP int32 = 2
)

// Options of the http_option call.
const (
	OptRedirects int32 = 0 // redirects to follow, default 10
	OptMaxBody   int32 = 1 // largest response body in bytes
)

// Phases of the http_timing call; each answers nanoseconds.
const (
	PhaseDNS       int32 = 0
	PhaseConnect   int32 = 1
	PhaseTLS       int32 = 2
	PhaseFirstByte int32 = 3
	PhaseTotal     int32 = 4
)

// Facts of the tls_info call.
const (
	TLSVersion  int32 = 0 // "TLS 1.3"
	TLSCipher   int32 = 1
	TLSSubject  int32 = 2
	TLSIssuer   int32 = 3
	TLSNotAfter int32 = 4 // unix seconds, decimal
	TLSDNSNames int32 = 5 // newline-separated
	TLSVerified int32 = 6 // "" when verified, or why not
)
