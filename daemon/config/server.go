package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/input"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// serverStage builds the server block.
type serverStage struct{ *stage }

func (d serverStage) build(s *bind.Section, out *Server) {
	d.ev.Evaluate(s)
	out.Host = d.host(s)
	out.Port = int(eval.Get[float64](d.ev, s, "port"))
	out.DrainTimeout = d.ev.Duration(s, "drain_timeout")
	out.TrustedProxies = d.trustedProxies(s)
	out.ExternalURL = d.externalURL(s)
	d.pages(s, out)
	d.clientLimits(s, out)
	exposed := d.exposure(s, out)
	if key := eval.Get[manifest.Text](d.ev, s, "api_key"); key != nil {
		out.Keys = append(out.Keys, d.key("default", key, s.Slot("api_key"), exposed))
	}
	for _, k := range s.All("key") {
		d.ev.Evaluate(k)
		if value := eval.Get[manifest.Text](d.ev, k, "value"); value != nil {
			key := d.key(k.Name, value, k.Slot("value"), exposed)
			key.Scopes = d.scopes(k)
			d.distinct(key, out.Keys, k.Slot("value"))
			out.Keys = append(out.Keys, key)
		}
	}
	if s.Has("tls") {
		out.TLS = d.tls(s.Block("tls"))
	}
	tried := s.Has("key") || s.Unsure("api_key") || s.Unsure("host")
	if len(out.Keys) == 0 && !tried && !s.Broken && !loopback(out.Host) && !d.kept() {
		d.noKey(s)
	}
}

// noKey reports a host that others can reach without a key. On another machine,
// keys.json may have one.
func (d serverStage) noKey(s *bind.Section) {
	write := `api_key = env("VEGA_API_KEY")`
	if s.Head == d.root.Head { // without a block, the host is from the command line
		write = "server { " + write + " }"
	}
	if t := s.Slot("api_key"); t != nil && !d.ev.Variables().Elsewhere() {
		d.out.Err(diag.NoKey, t.Expr.At, fmt.Sprintf("The host %s is reachable from other machines, and the variable that api_key reads is not set, or empty.", d.hostShown(s)),
			"set it in the environment of vega, or in the file vega.env next to vega.hcl; or run vega key add NAME")
		return
	}
	if d.ev.Variables().Elsewhere() {
		d.out.Warn(diag.NoKey, s.Head, fmt.Sprintf("The host %s is reachable from other machines, and no API key is set here, so vega starts only where its data_dir has one.", d.hostShown(s)),
			fmt.Sprintf("run vega key add NAME on that machine, or add %s", write))
		return
	}
	d.out.Err(diag.NoKey, s.Head, fmt.Sprintf("The host %s is reachable from other machines, but no API key is set.", d.hostShown(s)),
		fmt.Sprintf("run vega key add NAME, add %s and set that variable, or listen on 127.0.0.1", write))
}

// hostShown returns the host for a diagnostic, or where it comes from if it is
// not a literal.
func (d serverStage) hostShown(s *bind.Section) string {
	if t := s.Slot("host"); t != nil && !t.Expr.Computed() {
		return fmt.Sprintf("%q", diag.Clip(t.Expr.Text))
	}
	return "in the environment"
}

func (d serverStage) host(s *bind.Section) string {
	host := d.ev.Str(s, "host")
	t := s.Slot("host")
	if t == nil || t.State != bind.Present || d.in.Host != "" { // for a host from the command line, the error from listening is clearer
		return host
	}
	_, err := grant.Host(host)
	if ascii, _ := grant.ASCII(host); err == nil && ascii != host {
		err = errors.New("it is an international name")
	}
	if err != nil {
		fix := `use an address such as "127.0.0.1", "0.0.0.0" or "::1"`
		if _, rest, found := strings.Cut(host, "://"); found {
			fix = "remove the scheme and path" + map[bool]string{true: "; the port is an attribute of its own"}[strings.Contains(rest, ":")]
		} else if alone, port, splits := net.SplitHostPort(host); splits == nil && !t.Expr.Computed() && eval.IsNumber(port) {
			fix = fmt.Sprintf("the port is an attribute of its own: host = %q and port = %s", alone, port)
		}
		d.out.Err(diag.BadAddress, t.Expr.At, fmt.Sprintf("host is not a valid address to listen on: %v.", err), fix)
		return "127.0.0.1"
	}
	return host
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

func (d serverStage) tls(s *bind.Section) *TLS {
	d.ev.Evaluate(s)
	out := &TLS{d.ev.Str(s, "cert_file"), d.ev.Str(s, "key_file")}
	if out.CertFile == "" || out.KeyFile == "" {
		return out
	}
	err := d.in.Once("tls "+out.CertFile+" "+out.KeyFile, func() error {
		cert, err := input.ReadRegular(out.CertFile, maxPEM)
		if err != nil {
			return fmt.Errorf("cert_file: %w", input.Reason(err))
		}
		key, err := input.ReadRegular(out.KeyFile, maxPEM)
		if err != nil {
			return fmt.Errorf("key_file: %w", input.Reason(err))
		}
		_, err = tls.X509KeyPair(cert, key)
		return err
	})
	if err != nil {
		d.out.Err(diag.BadTLS, s.Head, "The certificate and key cannot be used: "+err.Error()+".", "set cert_file and key_file to two readable PEM files that match")
	}
	return out
}
