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

	NetUnix int32 = 3 // the address is the path of a socket
)

// The options of the http_option call.
const (
	OptRedirects int32 = 0 // redirects to follow, default 10
	OptMaxBody   int32 = 1 // maximum size of the response body in bytes
	OptUTF8      int32 = 2 // 1: the body is converted to UTF-8
	OptNoJSON    int32 = 3 // 1: json will not be called, so the body need not be kept
	OptHTTP2     int32 = 4 // 1: over HTTP/2 only, also without TLS
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

// The facts of the icmp_reply call.
const (
	EchoRTT        int32 = 0 // round trip time, nanoseconds; ErrNotSet if nothing arrived in time
	EchoTTL        int32 = 1 // time to live, or hop limit, of the reply; ErrNotSet without one
	EchoDuplicates int32 = 2 // further replies to the same request
	EchoError      int32 = 3 // type<<8|code of the ICMP error that came instead; ErrNotSet without one
)

// The kinds of messages of the websocket calls.
const (
	MessageText   int32 = 1
	MessageBinary int32 = 2
)

// The facts of the websocket_info call.
const (
	WebSocketProtocol    int32 = 0 // the subprotocol that the server chose, or ""
	WebSocketKind        int32 = 1 // of the last message: "text" or "binary"
	WebSocketCloseCode   int32 = 2 // decimal, once the peer has closed; "" before
	WebSocketCloseReason int32 = 3 // that the peer gave
)

// The facts of the ssh_info call.
const (
	SSHVersion     int32 = 0 // the server's identification, such as "SSH-2.0-OpenSSH_9.2"
	SSHKeyType     int32 = 1 // of the host key, such as "ssh-ed25519"
	SSHFingerprint int32 = 2 // of the host key, such as "SHA256:…"
	SSHVerified    int32 = 3 // "" if the host key is one that the operator wrote, or the reason why not; ErrNotSet if the operator wrote none
	SSHLogin       int32 = 4 // "" if the host has logged in, or the reason why not; ErrNotSet without a login
	SSHBanner      int32 = 5 // text that the server shows before a login
	SSHStderr      int32 = 6 // what the command wrote to standard error
)
