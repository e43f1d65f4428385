// Package blackbox derives from a run the metrics that blackbox_exporter has of a probe,
// with its names, help texts and meanings, so that alert rules and dashboards that were
// written for it work unchanged.
//
// Each returns the values of one run. GET /metrics adds the label integration to them.
// Families returns them for GET /probe, where blackbox_exporter has no label of the
// target either. A run with the status unknown has no values at all: it says nothing
// about its target.
//
// Differences, on purpose: the families of a certificate exist for one that is not
// accepted, too, so that a rule about its expiry also fires after the expiry;
// probe_ssl_last_chain_expiry_timestamp_seconds exists only for a verified chain, and
// not with the year 1; and probe_failed_due_to_regex exists only where it is known.
package blackbox

import (
	"hash/fnv"
	"net/netip"
	"time"

	"vega/policies/check"
)

// Family is a family of gauges.
type Family struct {
	Name, Help string
	Label      string // its only label, or ""
}

// ID identifies a family of Families.
type ID int

// The families that any run can have. Their only labels are from fixed sets.
const (
	Success ID = iota
	Duration
	LookupTime
	IPProtocol
	AddressHash
	FailedDueToRegex
	HTTPDuration
	HTTPContentLength
	HTTPBodyLength
	HTTPRedirects
	HTTPSSL
	HTTPStatus
	HTTPVersion
	HTTPLastModified
	EarliestExpiry
	ChainExpiry
	TLSVersion
	TLSCipher
	DNSDuration
	DNSAnswers
	DNSAuthorities
	DNSAdditionals
	DNSSucceeded
	DNSSerial
	familyCount
)

// All has the families, by ID.
var All = [familyCount]Family{
	Success:           {"probe_success", "Displays whether or not the probe was a success", ""},
	Duration:          {"probe_duration_seconds", "Returns how long the probe took to complete in seconds", ""},
	LookupTime:        {"probe_dns_lookup_time_seconds", "Returns the time taken for probe dns lookup in seconds", ""},
	IPProtocol:        {"probe_ip_protocol", "Specifies whether probe ip protocol is IP4 or IP6", ""},
	AddressHash:       {"probe_ip_addr_hash", "Specifies the hash of IP address. It's useful to detect if the IP address changes.", ""},
	FailedDueToRegex:  {"probe_failed_due_to_regex", "Indicates if probe failed due to regex", ""},
	HTTPDuration:      {"probe_http_duration_seconds", "Duration of http request by phase, summed over all redirects", "phase"},
	HTTPContentLength: {"probe_http_content_length", "Length of http content response", ""},
	HTTPBodyLength:    {"probe_http_uncompressed_body_length", "Length of uncompressed response body", ""},
	HTTPRedirects:     {"probe_http_redirects", "The number of redirects", ""},
	HTTPSSL:           {"probe_http_ssl", "Indicates if SSL was used for the final redirect", ""},
	HTTPStatus:        {"probe_http_status_code", "Response HTTP status code", ""},
	HTTPVersion:       {"probe_http_version", "Returns the version of HTTP of the probe response", ""},
	HTTPLastModified:  {"probe_http_last_modified_timestamp_seconds", "Returns the Last-Modified HTTP response header in unixtime", ""},
	EarliestExpiry:    {"probe_ssl_earliest_cert_expiry", "Returns last SSL chain expiry in unixtime", ""},
	ChainExpiry:       {"probe_ssl_last_chain_expiry_timestamp_seconds", "Returns last SSL chain expiry in timestamp", ""},
	TLSVersion:        {"probe_tls_version_info", "Returns the TLS version used or NaN when unknown", "version"},
	TLSCipher:         {"probe_tls_cipher_info", "Returns the TLS cipher negotiated during handshake", "cipher"},
	DNSDuration:       {"probe_dns_duration_seconds", "Duration of DNS request by phase", "phase"},
	DNSAnswers:        {"probe_dns_answer_rrs", "Returns number of entries in the answer resource record list", ""},
	DNSAuthorities:    {"probe_dns_authority_rrs", "Returns number of entries in the authority resource record list", ""},
	DNSAdditionals:    {"probe_dns_additional_rrs", "Returns number of entries in the additional resource record list", ""},
	DNSSucceeded:      {"probe_dns_query_succeeded", "Displays whether or not the query was executed successfully", ""},
	DNSSerial:         {"probe_dns_serial", "Returns the serial number of the zone", ""},
}

// Sample is a value of a family.
type Sample struct {
	ID    ID
	Label string // value of the family's label
	Value float64
}

// Each calls yield with each value of a run, in order of the IDs. It allocates nothing.
func Each(r *check.Run, yield func(Sample)) {
	success, known := Succeeded(r.Status)
	if !known {
		return
	}
	yield(Sample{ID: Success, Value: number(success)})
	yield(Sample{ID: Duration, Value: r.Took.Seconds()})
	x := r.Exchange
	if x == nil {
		return
	}
	yield(Sample{ID: LookupTime, Value: x.DNS.Seconds()})
	yield(Sample{ID: IPProtocol, Value: protocol(x.Address)})
	yield(Sample{ID: AddressHash, Value: hash(x.Address)})
	if x.Query == nil && (success || nothingCame(x)) {
		yield(Sample{ID: FailedDueToRegex})
	}
	if x.HTTP != nil {
		eachHTTP(x.HTTP, yield)
	}
	if x.TLS != nil {
		eachTLS(x.TLS, yield)
	}
	if x.Query != nil {
		eachDNS(x.Query, yield)
	}
}

// nothingCame reports whether the target sent nothing that a regular expression could
// have been matched with.
func nothingCame(x *check.Exchange) bool {
	if x.HTTP != nil {
		return x.HTTP.Status == 0
	}
	return x.Connect == 0
}

// Succeeded returns the value of probe_success for a status, or known false for a status
// that says nothing about the target.
func Succeeded(s check.Status) (success, known bool) {
	switch s {
	case check.Healthy, check.Degraded:
		return true, true
	case check.Unhealthy:
		return false, true
	default:
		return false, false
	}
}

func eachHTTP(h *check.HTTPExchange, yield func(Sample)) {
	for _, p := range [...]struct {
		name string
		took time.Duration
	}{
		{"connect", h.Connect}, {"processing", h.FirstByte}, {"resolve", h.Resolve}, {"tls", h.TLS}, {"transfer", h.Transfer},
	} {
		yield(Sample{HTTPDuration, p.name, p.took.Seconds()})
	}
	yield(Sample{ID: HTTPContentLength, Value: float64(h.ContentLength)})
	yield(Sample{ID: HTTPBodyLength, Value: float64(h.Bytes)})
	yield(Sample{ID: HTTPRedirects, Value: float64(h.Redirects)})
	yield(Sample{ID: HTTPSSL, Value: number(h.Secure)})
	yield(Sample{ID: HTTPStatus, Value: float64(h.Status)})
	yield(Sample{ID: HTTPVersion, Value: h.Version})
	if !h.LastModified.IsZero() {
		yield(Sample{ID: HTTPLastModified, Value: float64(h.LastModified.Unix())})
	}
}

func eachTLS(t *check.TLSExchange, yield func(Sample)) {
	yield(Sample{ID: EarliestExpiry, Value: float64(t.EarliestExpiry.Unix())})
	if !t.ChainExpiry.IsZero() {
		yield(Sample{ID: ChainExpiry, Value: float64(t.ChainExpiry.Unix())})
	}
	yield(Sample{TLSVersion, t.Version, 1})
	yield(Sample{TLSCipher, t.Cipher, 1})
}

func eachDNS(q *check.DNSExchange, yield func(Sample)) {
	yield(Sample{DNSDuration, "connect", q.Connect.Seconds()})
	yield(Sample{DNSDuration, "request", q.Request.Seconds()})
	yield(Sample{DNSDuration, "resolve", q.Resolve.Seconds()})
	yield(Sample{ID: DNSAnswers, Value: float64(q.Answers)})
	yield(Sample{ID: DNSAuthorities, Value: float64(q.Authorities)})
	yield(Sample{ID: DNSAdditionals, Value: float64(q.Additionals)})
	yield(Sample{ID: DNSSucceeded, Value: number(q.Replied)})
	if q.Serial != nil {
		yield(Sample{ID: DNSSerial, Value: float64(*q.Serial)})
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// protocol returns 4 or 6, or 0 if the address is not known.
func protocol(ip netip.Addr) float64 {
	switch {
	case ip.Is4():
		return 4
	case ip.Is6():
		return 6
	default:
		return 0
	}
}

// hash returns the 32-bit FNV-1a hash of the bytes of an address, or 0 if the address is
// not known.
func hash(ip netip.Addr) float64 {
	if !ip.IsValid() {
		return 0
	}
	h := fnv.New32a()
	if ip.Is4() {
		b := ip.As4()
		_, _ = h.Write(b[:])
	} else {
		b := ip.As16()
		_, _ = h.Write(b[:])
	}
	return float64(h.Sum32())
}
