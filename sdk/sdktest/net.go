//go:build !wasip1

package sdktest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"vega/sdk/abi"
)

// stream is an open connection; why is the reason why its certificate is not
// valid.
type stream struct {
	net.Conn
	state *tls.ConnectionState
	why   string
}

var networks = map[int32]string{abi.NetTCP: "tcp", abi.NetTLS: "tcp", abi.NetUDP: "udp", abi.NetUnix: "unix"}

func (h *host) Dial(network int32, address string) int32 {
	capability := "net"
	if network == abi.NetUnix {
		capability = "unix"
	}
	if h.denied(capability, address) {
		return int32(abi.ErrDenied)
	}
	name, ok := networks[network]
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "no such network"))
	}
	var d net.Dialer
	conn, err := d.DialContext(h.ctx, name, address)
	if err != nil {
		return h.fail(err)
	}
	s := &stream{Conn: conn}
	if err := conn.SetDeadline(h.deadline); err != nil {
		return h.fail(errors.Join(err, conn.Close()))
	}
	if network == abi.NetTLS {
		server, _, _ := net.SplitHostPort(address)
		if err := s.startTLS(h.ctx, server, h.config.Roots); err != nil {
			return h.fail(errors.Join(err, conn.Close()))
		}
	}
	return h.open(s)
}

// startTLS completes the handshake regardless of the certificate, and records
// any problem with it.
func (s *stream) startTLS(ctx context.Context, server string, roots *x509.CertPool) error {
	conn := tls.Client(s.Conn, &tls.Config{ServerName: server, InsecureSkipVerify: true}) // verified below
	if err := conn.HandshakeContext(ctx); err != nil {
		if code := errnoOf(err); code == abi.ErrIO || code == abi.ErrTarget {
			return newErrno(abi.ErrTLS, err.Error())
		}
		return err
	}
	state := conn.ConnectionState()
	rest := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		rest.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: server, Roots: roots, Intermediates: rest})
	if err != nil {
		s.why = err.Error()
	}
	s.Conn, s.state = conn, &state
	return nil
}

func (h *host) TLSStart(handle int32, name string) int32 {
	s, ok := h.handles[handle].(*stream)
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "the handle is not a connection"))
	}
	if err := s.startTLS(h.ctx, name, h.config.Roots); err != nil {
		return h.fail(err)
	}
	return 0
}

func (h *host) Read(handle int32, buf []byte) int32 {
	var n int
	var err error
	switch c := h.handles[handle].(type) {
	case *stream:
		n, err = c.Read(buf)
	case *response:
		n, err = c.Read(buf)
	case *shell:
		n, err = c.Read(buf)
	default:
		err = newErrno(abi.ErrClosed, "no such open handle")
	}
	if n > 0 || errors.Is(err, io.EOF) {
		return int32(n)
	}
	if err != nil {
		return h.fail(err)
	}
	return 0
}

func (h *host) ReadWithin(handle int32, wait int64, buf []byte) int32 {
	s, ok := h.handles[handle].(*stream)
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "the handle is not a connection"))
	}
	end := time.Now().Add(max(time.Duration(wait), time.Millisecond))
	if end.After(h.deadline) {
		end = h.deadline
	}
	if err := s.SetReadDeadline(end); err != nil {
		return h.fail(err)
	}
	n := h.Read(handle, buf)
	if err := s.SetReadDeadline(h.deadline); err != nil {
		return h.fail(err)
	}
	return n
}

func (h *host) Write(handle int32, data []byte) int32 {
	s, ok := h.handles[handle].(*stream)
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "the handle is not a connection"))
	}
	n, err := s.Conn.Write(data)
	if err != nil {
		return h.fail(err)
	}
	return int32(n)
}

func (h *host) Close(handle int32) {
	if c, ok := h.handles[handle]; ok {
		_ = c.Close() // ignored, as in the sandbox
		delete(h.handles, handle)
	}
}

func (h *host) TLSInfo(handle, what int32, buf []byte) int32 {
	var state *tls.ConnectionState
	why := ""
	switch c := h.handles[handle].(type) {
	case *stream:
		state, why = c.state, c.why
	case *socket:
		state = c.answer.tls
	case *response:
		state = c.tls
		if what == abi.TLSRedirects {
			return put(buf, c.redirects)
		}
	}
	if state == nil {
		return h.fail(newErrno(abi.ErrNotSet, "the connection does not use TLS"))
	}
	leaf := state.PeerCertificates[0]
	facts := map[int32]string{
		abi.TLSVersion: tls.VersionName(state.Version), abi.TLSCipher: tls.CipherSuiteName(state.CipherSuite),
		abi.TLSSubject: leaf.Subject.String(), abi.TLSIssuer: leaf.Issuer.String(),
		abi.TLSNotAfter: strconv.FormatInt(leaf.NotAfter.Unix(), 10),
		abi.TLSDNSNames: strings.Join(leaf.DNSNames, "\n"), abi.TLSVerified: why,
		abi.TLSChainNotAfter: strconv.FormatInt(leaf.NotAfter.Unix(), 10), abi.TLSChainSubject: "", abi.TLSClient: "",
		abi.TLSRedirects: "",
	}
	fact, ok := facts[what]
	if !ok {
		return h.fail(newErrno(abi.ErrInvalid, "no such fact"))
	}
	return put(buf, fact)
}
