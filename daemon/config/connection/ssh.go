package connection

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/transport"
)

// ssh builds the ssh block.
func (d Stage) ssh(s *bind.Section) transport.SSH {
	d.Ev.Evaluate(s)
	text := func(name string) manifest.Text { return eval.Get[manifest.Text](d.Ev, s, name) }
	out := transport.SSH{
		User: text("user"), Password: text("password"), Passphrase: text("passphrase"), Command: text("command"),
		PrivateKey: d.pem(s, "private_key"), HostKeys: d.hostKeys(s),
	}
	for _, name := range []string{"user", "password", "passphrase", "command"} {
		if v := text(name).Reveal(); d.present(s, name) && (v == "" || name != "password" && strings.ContainsAny(v, "\x00\r\n")) {
			d.Out.Err(diag.OutOfBounds, s.Place(name), name+" is empty, or has more than one line.", "set it, or remove the attribute")
		}
	}
	d.identity(s, out)
	d.login(s)
	return out
}

// hostKeys returns the keys in host_keys.
func (d Stage) hostKeys(s *bind.Section) (keys []transport.HostKey) {
	for n, text := range d.Ev.Strs(s, "host_keys") {
		key, err := transport.ParseHostKey(text)
		if problem, ok := errors.AsType[*transport.Problem](err); ok {
			d.Out.Err(diag.BadSSH, s.Slot("host_keys").Element(n), fmt.Sprintf("This is not a host key: %s.", problem.What), problem.Fix)
			continue
		}
		keys = append(keys, key)
	}
	if t := s.Slot("host_keys"); d.present(s, "host_keys") && len(d.Ev.Strs(s, "host_keys")) == 0 && !t.Unsure() {
		d.Out.Err(diag.Required, t.Expr.At, "host_keys is empty.", "write the keys of the server, as ssh-keyscan HOST prints them, or remove the attribute")
	}
	return keys
}

// identity checks the private key and its passphrase.
func (d Stage) identity(s *bind.Section, b transport.SSH) {
	if !b.PrivateKey.IsSet() {
		return
	}
	if t := s.Slot("passphrase"); t != nil && t.Unsure() {
		return
	}
	passphrase := b.Passphrase.Reveal()
	d.verify(s, diag.BadSSH, "ssh "+b.PrivateKey.Path+"\x00"+b.PrivateKey.Text.Reveal()+"\x00"+passphrase, func() error {
		text, err := content("private_key", b.PrivateKey)
		if err != nil {
			return err
		}
		_, err = transport.CheckIdentity(text, passphrase)
		return err
	})
}

// login reports an incomplete login.
func (d Stage) login(s *bind.Section) {
	has := func(name string) bool { return d.present(s, name) }
	credential := "password"
	if has("private_key") {
		credential = "private_key"
	}
	unsure := func(name string) bool { t := s.Slot(name); return t != nil && t.Unsure() }
	switch {
	case has("password") || has("private_key"):
		for _, name := range []string{"user", "host_keys"} {
			if !has(name) {
				d.without(s, credential, name)
			}
		}
	case unsure("password") || unsure("private_key"):
	case s.Slot("password") != nil || s.Slot("private_key") != nil: // with a variable that is not set
		d.without(s, loginWith(s), loginWith(s))
	case has("user"):
		d.without(s, "user", "private_key")
	case has("command"):
		d.without(s, "command", "private_key")
	default:
		if !has("host_keys") && !s.Broken && !unsure("host_keys") {
			d.Out.Err(diag.Required, s.Head, "The ssh block is empty.", "set host_keys to verify the server; user and private_key or password to log in; and command to run one")
		}
	}
	if has("passphrase") && !has("private_key") {
		d.without(s, "passphrase", "private_key")
	}
}

// loginWith returns the credential that is written without a value.
func loginWith(s *bind.Section) string {
	if s.Slot("password") != nil {
		return "password"
	}
	return "private_key"
}

// ssh reports a block that no call of the probe uses.
func (j judge) ssh() {
	if !slices.ContainsFunc(j.grants.Rules, func(r grant.Rule) bool { return r.Kind == manifest.SSH && j.grants.Target(r) }) {
		j.Out.Err(diag.NoEffect, j.s.Block("ssh").Head, fmt.Sprintf("The probe %s makes no SSH connection, so the ssh block has no effect.", j.probe.Name), "remove it, or use the probe core.ssh")
	}
}
