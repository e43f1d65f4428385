package egress

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
)

// outgoing is a request ready to send: secrets inserted, headers checked.
type outgoing struct {
	method string
	url    *url.URL
	socket string // that it goes to, instead of the host in url; "" for none
	header http.Header
	body   []byte

	secretURL, secretBody bool
	secretHeaders         map[string]bool // canonical names
	from                  string          // origin that redirected here, or ""
	http1                 bool            // the server has asked for HTTP/1.1
	http2                 bool            // over HTTP/2 only
	again                 bool            // it is sent a second time, because the server did not look at the first
	upgrade               bool            // to a WebSocket
}

func (o *outgoing) carriesSecret() bool {
	return o.secretURL || o.secretBody || len(o.secretHeaders) > 0
}

// allowed returns the grant that allows the request to go to u.
func (o *outgoing) allowed(g *grant.Set, u *url.URL) (grant.Rule, error) {
	switch {
	case o.upgrade:
		return g.AllowsWebSocket(u)
	case o.socket != "":
		return g.AllowsUnix(o.method, o.socket)
	}
	return g.AllowsHTTP(o.method, u)
}

// prepare checks a request and inserts the secrets, once its destination is
// granted.
func (s *Session) prepare(r *Request) (*outgoing, error) {
	return s.fill(&outgoing{http2: r.HTTP2}, r)
}

// fill is prepare for an outgoing request that may be an upgrade.
func (s *Session) fill(out *outgoing, r *Request) (*outgoing, error) {
	out.method, out.socket = r.Method, r.Socket
	out.header, out.secretHeaders = make(http.Header, len(r.Header)+3), map[string]bool{}
	if !isToken(r.Method) || neverSent[strings.ToUpper(r.Method)] {
		return nil, invalid("the method is not valid or not allowed")
	}
	if err := s.target(out, r.URL); err != nil {
		return nil, err
	}
	size := len(r.URL)
	for _, f := range r.Header {
		size += len(f.Name) + len(f.Value)
		if err := s.field(out, f); err != nil {
			return nil, err
		}
	}
	if size > maxHeader {
		return nil, invalid("the URL and headers together exceed %d bytes", maxHeader)
	}
	if err := s.basic(out, r); err != nil {
		return nil, err
	}
	if out.header.Get("User-Agent") == "" {
		out.header.Set("User-Agent", "vega")
	}
	if len(out.header["Accept"]) == 0 { // firewalls take a request without it for an attack
		out.header.Set("Accept", "*/*")
	}
	s.headers(s.Trace).add(out.header)
	if out.header.Get("Accept-Encoding") == "" && out.header.Get("Range") == "" && r.Method != http.MethodHead {
		out.header.Set("Accept-Encoding", "gzip")
	}
	var err error
	out.body, out.secretBody, err = s.revealed(bodyForm(out.header.Get("Content-Type")), r.Body, "a secret in the body of a request to "+origin(out.url))
	return out, err
}

// add adds the trace that the run is part of, unless the guest set one.
func (t Trace) add(h http.Header) {
	if t.Parent == "" || h.Get("Traceparent") != "" {
		return
	}
	h.Set("Traceparent", t.Parent)
	if t.State != "" {
		h.Set("Tracestate", t.State)
	}
}

// target checks the URL as the guest wrote it, and only then inserts secrets,
// which must not change its destination.
func (s *Session) target(out *outgoing, raw string) error {
	if raw == "" {
		return ErrNoURL
	}
	asked, err := url.Parse(raw)
	if err != nil || asked.Opaque != "" || asked.Host == "" {
		return invalid("the URL is not valid; it needs a scheme, a host and a path, such as https://example.com/health")
	}
	out.url = asked
	rule, err := out.allowed(s.grants, asked)
	if err != nil {
		return s.deny(err)
	}
	if out.socket != "" {
		if rule, err = grant.Origins(asked); err != nil || rule.Scheme != "http" || out.upgrade {
			return invalid("a request over a socket needs a URL that begins with http:// and has a valid host, such as http://localhost/health")
		}
	}
	text, used, err := s.revealedURL(raw, origin(asked))
	if err != nil {
		return err
	}
	real, err := url.Parse(text)
	if err != nil || real.Scheme != asked.Scheme || real.Host != asked.Host {
		return invalid("a URL can have a secret only in its path, query or userinfo")
	}
	if strings.ContainsAny(real.RequestURI(), " \t\r\n") { // the space would end the request line
		return invalid("the URL has a space in its query; use %%20 instead")
	}
	real.Host = hostHeader(rule)
	real.RawQuery = escapedQuery(real.RawQuery)
	out.url, out.secretURL = real, used
	return nil
}

// escapedQuery percent-encodes what a query can't contain, as browsers do:
// spaces, quotes, angle brackets and everything but ASCII. Strict servers refuse
// such a request.
func escapedQuery(query string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(query) {
		if c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}

// hostHeader returns host and port, without the scheme's default port.
func hostHeader(r grant.Rule) string {
	if !overTLS(r) && r.Port == 80 || overTLS(r) && r.Port == 443 {
		if strings.Contains(r.Host, ":") {
			return "[" + r.Host + "]"
		}
		return r.Host
	}
	return hostPort(r)
}

// neverSent lists the methods that are always refused: CONNECT opens a tunnel,
// and the others make the server return what it received, including secrets in
// headers.
var neverSent = map[string]bool{http.MethodConnect: true, http.MethodTrace: true, "TRACK": true, "DEBUG": true}

func (s *Session) field(out *outgoing, f Field) error {
	if !isToken(f.Name) {
		return invalid("a header name has an invalid character")
	}
	name := http.CanonicalHeaderKey(f.Name)
	if manifest.SetByHost(name) && !(out.http2 && name == "Te" && f.Value == "trailers") { // gRPC requires it
		return invalid("the header %s is set by the host; remove it", name)
	}
	if out.upgrade && strings.HasPrefix(name, "Sec-Websocket-") && name != protocolHeader {
		return invalid("the header %s is set by the host; remove it, and write a subprotocol in the option protocol", name)
	}
	if v := strings.ToLower(strings.TrimSpace(f.Value)); name == "Accept-Encoding" && v != "gzip" && v != "identity" {
		return invalid("Accept-Encoding must be gzip, which the host decompresses, or identity")
	}
	value, used, err := s.revealedValue(f.Value, "a secret as part of the header "+name)
	if err != nil {
		return err
	}
	if !isFieldValue(value) {
		return invalid("the value of the header %s has a line break or another control character", name)
	}
	out.header.Add(name, value)
	if used {
		out.secretHeaders[name] = true
	}
	return nil
}

// basic sets Authorization from the given user and password, or else from the
// URL's userinfo, which is never sent as such.
func (s *Session) basic(out *outgoing, r *Request) error {
	var user, password string
	used := false
	switch {
	case r.BasicUser != nil || r.BasicPass != nil:
		const what = "a secret as part of a user or password"
		var also bool
		var err, too error
		user, used, err = s.revealedWhole(r.BasicUser, what)
		password, also, too = s.revealedWhole(r.BasicPass, what)
		if err = cmp.Or(err, too); err != nil {
			return err
		}
		used = used || also
	case out.url.User != nil:
		user = out.url.User.Username()
		password, _ = out.url.User.Password()
		used = out.secretURL
	default:
		return nil
	}
	out.url.User = nil
	if strings.Contains(user, ":") {
		return invalid("the user of basic auth must not contain a colon")
	}
	value := basicLogin(user, password)
	out.header.Set("Authorization", value)
	delete(out.secretHeaders, "Authorization")
	s.vault.Also(strings.TrimPrefix(value, "Basic "))
	if used {
		out.secretHeaders["Authorization"] = true
	}
	return nil
}

// basicLogin returns the value of Authorization for basic auth.
func basicLogin(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func bodyForm(contentType string) secret.Form {
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch mediaType = strings.TrimSpace(mediaType); {
	case strings.Contains(mediaType, "json"):
		return secret.JSON
	case mediaType == "application/x-www-form-urlencoded":
		return secret.FormBody
	default:
		return secret.Raw
	}
}

func isToken(s string) bool {
	for _, c := range []byte(s) {
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alnum && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

func isFieldValue(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
