package alerts

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/daemon/notify/service"
	"vega/plugins/manifest"
)

// notifiers builds the notifier blocks.
type notifiers struct {
	Stage
	seen map[string]diag.Place // by digest of the settings
}

func (d notifiers) build(s *bind.Section) service.Settings {
	d.Ev.Evaluate(s)
	str := func(name string) string { return d.Ev.Str(s, name) }
	out := service.Settings{
		Name: s.Name, Type: str("type"), At: s.Head.String(),
		URL: str("url"), Key: str("key"), Token: str("token"), User: str("user"), Password: str("password"),
		Chat: str("chat"), Room: str("room"), Channel: str("channel"), Address: str("address"), From: str("from"), TLS: str("tls"),
		To: d.Ev.Strs(s, "to"), Secrets: d.Ev.Strs(s, "secrets"),
	}
	of := service.Find(out.Type)
	if of == nil { // reported
		return out
	}
	d.secrets(s, of)
	before := d.Out.Errors()
	d.foreign(s, of)
	d.required(s, of)
	if !unsure(s) && d.Out.Errors() == before {
		d.judge(s, of, out)
	}
	return out.WithDefaults()
}

// foreign reports settings of other services.
func (d notifiers) foreign(s *bind.Section, of *service.Service) {
	for _, t := range s.Slots {
		name := t.Row.Name
		if name == "type" || of.Setting(name) != nil {
			continue
		}
		fix, instead := "remove it; allowed here: "+diag.Among(names(of)), ""
		if missing := d.missing(s, of); len(missing) == 1 && similar(t.Row, s.Schema.Row(missing[0])) {
			instead = missing[0]
			fix = "use " + instead
			s.Strays = append(s.Strays, instead)
		}
		d.Out.Err(diag.UnknownKey, t.At, fmt.Sprintf("A notifier of type %q has no attribute %q.", of.Type, name), fix).Suggest(t.At, instead)
	}
}

// similar reports whether the value of one setting may be meant for the other.
func similar(a, b *schema.Row) bool { return a.Sensitive == b.Sensitive && a.Type == b.Type }

func names(of *service.Service) []string {
	out := []string{"type"}
	for _, t := range of.Settings {
		out = append(out, t.Name)
	}
	return out
}

// missing returns the required settings that are not written.
func (d notifiers) missing(s *bind.Section, of *service.Service) (out []string) {
	for _, t := range of.Settings {
		if t.Required && s.Slot(t.Name) == nil && !s.Misses(s.Schema.Row(t.Name)) {
			out = append(out, t.Name)
		}
	}
	return out
}

// required reports required settings without a value.
func (d notifiers) required(s *bind.Section, of *service.Service) {
	if s.Broken {
		return
	}
	for _, name := range d.missing(s, of) {
		t := of.Setting(name)
		d.Out.Err(diag.Required, s.Head, fmt.Sprintf("%s needs %s: %s", s.Title(), name, t.Doc), "add "+name+" = "+example(s, t))
	}
	for _, t := range of.Settings {
		slot := s.Slot(t.Name)
		if !t.Required || slot == nil {
			continue
		}
		if slot.State == bind.Absent {
			d.Out.Err(diag.Required, slot.At, fmt.Sprintf("%s needs %s, but %s.", s.Title(), t.Name, d.Ev.WhyAbsent(slot.Expr)), "set the variable, or remove the notifier")
		} else if t.List {
			d.empty(s, t.Name, ".", "add "+t.Name+" = "+example(s, &t))
		}
	}
}

// example returns an example value of a setting.
func example(s *bind.Section, t *service.Setting) string {
	value := schema.Example(s.Schema.Row(t.Name))
	switch {
	case t.Secret:
		value = fmt.Sprintf("env(%q)", schema.VariableName(s.Name, t.Name))
	case t.URL:
		value = schema.Sample(manifest.URL)
	case t.Name == "to":
		value = `"ops@example.com"`
	case t.Name == "from":
		value = `"vega@example.com"`
	}
	if t.List {
		value = "[" + value + "]"
	}
	return value
}

// secrets decides which of the values are secret. The rows of the schema are those of
// all services, and a setting that one service keeps secret can be public in another.
func (d notifiers) secrets(s *bind.Section, of *service.Service) {
	for _, slot := range s.Slots {
		t := of.Setting(slot.Row.Name)
		if t == nil || slot.State != bind.Present {
			continue
		}
		text, isText := slot.Value.(manifest.Text)
		switch {
		case isText && t.URL && (t.Secret || text.HasSecret()):
			d.secretURL(text)
		case isText && !t.Secret && !text.HasSecret():
			d.Ev.RemoveSecret(text.Reveal())
		}
	}
}

// secretURL adds the path and query of a URL to what no output may show: an error may
// quote them without the rest.
func (d Stage) secretURL(text manifest.Text) {
	u, err := url.Parse(text.Reveal())
	if err != nil {
		return
	}
	if uri := u.RequestURI(); len(uri) >= minURI {
		d.Ev.AddSecret(uri)
	}
	if len(u.Path) >= minURI {
		d.Ev.AddSecret(u.Path)
	}
}

// minURI is the length of a path that is hidden wherever it occurs.
const minURI = 12

// judge reports settings that can't be used, or that expose a secret.
func (d notifiers) judge(s *bind.Section, of *service.Service, out service.Settings) {
	if p := service.Check(out); p != nil {
		d.Out.Err(diag.OutOfBounds, s.Place(p.Setting), p.Error()+".", d.fix(s, of, p))
		return
	}
	d.short(s, of)
	d.login(s, of, out)
	if out.Secrets != nil {
		d.listed(s, "secrets")
	}
	if out.To != nil {
		d.listed(s, "to")
	}
	if out.URL != "" {
		d.inTheClear(s, out.URL, d.hasSecret(s, of))
	}
	digest := out
	digest.Name = ""
	key := service.Digest(digest)
	if first, again := d.seen[key]; again {
		d.Out.Warn(diag.Twice, s.Head, fmt.Sprintf("This notifier has the settings of the one at %s, so each message arrives twice.", first), "remove one of the two")
		return
	}
	d.seen[key] = s.Head
}

func (d notifiers) fix(s *bind.Section, of *service.Service, p *service.Problem) string {
	if t := of.Setting(p.Setting); t != nil && s.Slot(p.Setting) != nil {
		return fmt.Sprintf("correct it; vega docs config notifier.%s describes it", of.Type)
	}
	return "correct the notifier, or remove it"
}

// short reports secrets that are too short to be hidden wherever they occur.
func (d notifiers) short(s *bind.Section, of *service.Service) {
	for _, t := range of.Settings {
		slot := s.Slot(t.Name)
		if !t.Secret || t.URL || slot == nil {
			continue
		}
		values := d.Ev.Strs(s, t.Name)
		if !t.List {
			values = []string{d.Ev.Str(s, t.Name)}
		}
		for n, value := range values {
			if len(value) < eval.MinSecret {
				d.Out.Err(diag.ShortSecret, slot.Element(n), fmt.Sprintf("%s is shorter than %d bytes, so vega could not hide it in messages.", t.Name, eval.MinSecret), "check that it is complete")
			}
		}
	}
}

// login reports a user without a password, and ports that do not fit the encryption.
func (d notifiers) login(s *bind.Section, of *service.Service, out service.Settings) {
	switch hasLogin := of.Setting("password") != nil; {
	case hasLogin && out.User != "" && out.Password == "":
		d.Out.Err(diag.Required, s.Place("user"), "user has no effect without password.", fmt.Sprintf("add password = env(%q), or remove user", schema.VariableName(s.Name, "password")))
	case hasLogin && out.User != "" && out.Token != "":
		d.Out.Err(diag.Conflict, s.Place("token"), "user and token exclude each other.", "remove one of the two")
	}
	if out.Type != "email" {
		return
	}
	switch mode := out.WithDefaults().TLS; {
	case mode == service.StartTLS && strings.HasSuffix(out.Address, ":465"):
		d.Out.Warn(diag.Unusual, s.Place("address"), "Servers expect TLS from the beginning on port 465, not STARTTLS.", `set tls = "implicit", or use port 587`)
	case mode == service.ImplicitTLS && (strings.HasSuffix(out.Address, ":587") || strings.HasSuffix(out.Address, ":25")):
		d.Out.Warn(diag.Unusual, s.Place("address"), "Servers expect STARTTLS on ports 25 and 587, not TLS from the beginning.", `set tls = "starttls", or use port 465`)
	}
}

// hasSecret reports whether a message carries a secret.
func (d notifiers) hasSecret(s *bind.Section, of *service.Service) bool {
	for _, t := range of.Settings {
		slot := s.Slot(t.Name)
		if slot == nil || !t.Secret || t.Name == "secrets" { // which only sign
			continue
		}
		if !t.URL || secretPart(d.Ev.Str(s, t.Name)) {
			return true
		}
	}
	return false
}

// secretPart reports whether a URL has a part that may be secret.
func secretPart(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "")
}

// inTheClear warns of a URL whose request, with a secret, anyone on the way can read.
func (d Stage) inTheClear(s *bind.Section, raw string, secret bool) {
	u, err := url.Parse(raw)
	if err != nil || !secret || u.Scheme != "http" || private(u.Hostname()) {
		return
	}
	d.Out.Warn(diag.ClearSecret, s.Place("url"), "The URL is not encrypted, so anyone on the network path can read the secret that is sent with each message.", "use https://")
}

// private reports whether a host is on this machine or in its own network.
func private(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback() || ip.Unmap().IsPrivate() || ip.Unmap().IsLinkLocalUnicast()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !strings.Contains(host, ".") {
		return true
	}
	for _, end := range []string{".localhost", ".local", ".internal", ".lan", ".home.arpa"} {
		if strings.HasSuffix(host, end) {
			return true
		}
	}
	return false
}

// Public reports whether the literal of an attribute is known not to be a secret,
// although the row is sensitive: other services keep it secret.
func Public(s *bind.Section, t *bind.Slot, ev *eval.Evaluator) bool {
	if s.Schema.Name != "notifier" || !t.Row.Sensitive {
		return false
	}
	of := service.Find(ev.Str(s, "type"))
	if of == nil {
		return false
	}
	setting := of.Setting(t.Row.Name)
	return setting == nil || !setting.Secret || setting.URL && t.Expr.Kind == syntax.TextExpr && !secretPart(t.Expr.Text)
}

// Required returns the names of the settings that a service requires.
func Required(kind string) (out []string) {
	if of := service.Find(kind); of != nil {
		for _, t := range of.Settings {
			if t.Required {
				out = append(out, t.Name)
			}
		}
	}
	return out
}
