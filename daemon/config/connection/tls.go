package connection

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/input"
	"vega/daemon/config/syntax"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/transport"
)

// tls builds the tls block.
func (d Stage) tls(s *bind.Section) transport.TLS {
	d.Ev.Evaluate(s)
	out := transport.TLS{
		CAFile:      d.Ev.Str(s, "ca_file"),
		ServerName:  d.serverName(s),
		Fingerprint: d.fingerprint(s),
		SkipVerify:  eval.Get[bool](d.Ev, s, "skip_verify"),
	}
	if s.Slot("min_version") != nil {
		out.MinVersion = transport.Versions[d.Ev.Str(s, "min_version")]
	}
	out.Cert, out.Key = d.pem(s, "client_cert"), d.pem(s, "client_key")
	d.pair(s, out)
	if out.CAFile != "" {
		d.named(out.CAFile, s.Place("ca_file"), false)
		d.check(s, out.CAFile, func() error {
			text, err := content("ca_file", transport.PEM{Path: out.CAFile})
			if err != nil {
				return err
			}
			_, err = transport.CheckAuthorities(text)
			return err
		})
	}
	d.exclusive(s, out)
	return out
}

func (d Stage) serverName(s *bind.Section) string {
	text := d.Ev.Str(s, "server_name")
	if text == "" {
		return ""
	}
	name, err := grant.Host(text)
	if err != nil {
		d.Out.Err(diag.BadAddress, s.Place("server_name"), fmt.Sprintf("server_name is not a valid name: %v.", err), `use a host name, such as "www.example.com"`)
	}
	return name
}

func (d Stage) fingerprint(s *bind.Section) string {
	if !d.present(s, "fingerprint") {
		return ""
	}
	sum, err := transport.ParseFingerprint(d.Ev.Str(s, "fingerprint"))
	if err != nil {
		d.Out.Err(diag.BadTLS, s.Place("fingerprint"), fmt.Sprintf("fingerprint is not valid: %v.", err), "use the output of: openssl x509 -noout -fingerprint -sha256 -in FILE")
	}
	return sum
}

// pem reads a value that is either a path or PEM.
func (d Stage) pem(s *bind.Section, name string) transport.PEM {
	if !d.present(s, name) {
		return transport.PEM{}
	}
	t := s.Slot(name)
	v := eval.Get[manifest.Text](d.Ev, s, name)
	text := v.Reveal()
	switch {
	case text == "":
		d.Out.Err(diag.OutOfBounds, t.Expr.At, name+" is empty.", "name a PEM file, or remove the attribute")
		return transport.PEM{}
	case transport.IsPEM(text):
		if isKey(name) && !v.HasSecret() {
			d.Ev.AddSecret(text)
			d.Out.Warn(diag.PlainSecret, t.Expr.At, name+" is a secret that is written as a literal, so it is in every copy of this file.", fmt.Sprintf("name a file that only vega's user can read: %s = %q", name, "client.key"))
		}
		return transport.PEM{Text: v}
	case t.Expr.Kind == syntax.CallExpr && t.Expr.Text == "file":
		d.Out.Err(diag.BadTLS, t.Expr.At, name+" contains no PEM.", "use a file that contains -----BEGIN")
		return transport.PEM{}
	default:
		p := transport.PEM{Path: eval.Absolute(text, t.Expr.At.Source.Dir)}
		d.named(p.Path, t.Expr.At, isKey(name))
		return p
	}
}

// isKey reports whether the file of an attribute is a secret.
func isKey(name string) bool { return name == "client_key" || name == "private_key" }

// named notes a file whose mode is checked with those of others.
func (d Stage) named(path string, at diag.Place, secret bool) {
	if _, ok := d.Ev.Notes.Named[path]; !ok {
		d.Ev.Notes.Named[path] = at
	}
	if _, ok := d.Ev.Notes.Secrets[path]; !ok && secret {
		d.Ev.Notes.Secrets[path] = at
	}
}

// pair checks the client certificate and its key. An expired one is only a
// warning, because vega must start on the day after.
func (d Stage) pair(s *bind.Section, t transport.TLS) {
	switch has, hasKey := d.present(s, "client_cert"), d.present(s, "client_key"); {
	case !has && !hasKey:
		return
	case !hasKey:
		d.without(s, "client_cert", "client_key")
		return
	case !has:
		d.without(s, "client_key", "client_cert")
		return
	}
	if !t.Cert.IsSet() || !t.Key.IsSet() {
		return
	}
	id := t.Cert.Path + "\x00" + t.Key.Path + "\x00" + t.Cert.Text.Reveal() + t.Key.Text.Reveal()
	good := true
	for option, p := range map[string]transport.PEM{"client_cert": t.Cert, "client_key": t.Key} { // both are reported
		good = d.check(s, option+"\x00"+id, func() error {
			text, err := content(option, p)
			if err != nil {
				return err
			}
			return transport.CheckHalf(option, text)
		}) && good
	}
	if !good {
		return
	}
	d.check(s, id, func() error {
		cert, err := content("client_cert", t.Cert)
		if err != nil {
			return err
		}
		key, err := content("client_key", t.Key)
		if err != nil {
			return err
		}
		_, err = transport.CheckPair(cert, key, time.Now())
		return err
	})
}

func content(option string, p transport.PEM) ([]byte, error) {
	if p.Path == "" {
		return []byte(p.Text.Reveal()), nil
	}
	b, err := input.ReadRegular(p.Path, transport.MaxPEM)
	if err != nil {
		return nil, &transport.Problem{Option: option, What: input.Reason(err).Error(), Fix: "name a file that vega's user may read", Err: err}
	}
	return b, nil
}

// check reports what is wrong with a file. It tries it once, so that validating
// again gives the same result, and reports whether it can be used.
func (d Stage) check(s *bind.Section, what string, try func() error) (usable bool) {
	return d.verify(s, diag.BadTLS, what, try)
}

func (d Stage) verify(s *bind.Section, code diag.Code, what string, try func() error) (usable bool) {
	err := d.In.Once("pem "+what, try)
	if problem, ok := errors.AsType[*transport.Problem](err); ok {
		report := d.Out.Err
		if problem.Usable {
			report = d.Out.Warn
		}
		report(code, s.Place(problem.Option), fmt.Sprintf("%s cannot be used: %s.", problem.Option, problem.What), problem.Fix)
		return problem.Usable
	}
	return true
}

// without reports an attribute whose counterpart is missing.
func (d Stage) without(s *bind.Section, has, lacks string) {
	if t := s.Slot(lacks); t != nil && (t.Unsure() || s.Off) || s.Broken {
		return
	}
	at := s.Place(has)
	if has == lacks { // the only attribute of its kind
		has = s.Schema.Name
	}
	why, fix := "", fmt.Sprintf("add %s, or remove %s", lacks, has)
	if t := s.Slot(lacks); t != nil {
		why = ", but " + d.Ev.WhyAbsent(t.Expr)
		if d.Ev.FirstUnset(t.Expr) != "" {
			fix = d.Ev.UnsetFix(t.Expr)
		}
	}
	d.Out.Err(diag.Required, at, fmt.Sprintf("%s needs %s%s.", has, lacks, why), fix)
}

// exclusive reports options that contradict each other, and verification that
// is switched off.
func (d Stage) exclusive(s *bind.Section, t transport.TLS) {
	var ways []string
	for _, way := range []struct {
		name string
		set  bool
	}{{"ca_file", t.CAFile != ""}, {"fingerprint", t.Fingerprint != ""}, {"skip_verify", t.SkipVerify}} {
		if way.set {
			ways = append(ways, way.name)
		}
	}
	if len(ways) > 1 {
		d.Out.Err(diag.Conflict, s.Place(ways[len(ways)-1]), strings.Join(ways, " and ")+" exclude each other: each says how the certificate is verified.", "keep one: ca_file for an authority of your own, fingerprint for a single certificate")
		return
	}
	if t.SkipVerify {
		d.Out.Warn(diag.SkipVerify, s.Place("skip_verify"), "The certificate is not verified, so anyone on the network path can impersonate the target, and an expired or wrong certificate goes unnoticed.",
			"set ca_file to the authority's certificate, or fingerprint to that of the target's, instead of skip_verify")
	}
}
