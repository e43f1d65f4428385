package plugintest

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"vega/plugins/manifest"
	"vega/plugins/secret"
)

// hidden stands for a secret in a case; standIn is the value that the host uses
// for it when the case runs. A guest sees neither.
const (
	hidden  = "(secret)"
	standIn = "stand-in-for-a-secret"
)

// configOf returns values in the form of a case: without secrets and without
// defaults.
func configOf(p *manifest.Probe, values manifest.Values) (map[string]any, error) {
	vault, err := secret.NewVault(p, values)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for name, v := range vault.Masked() {
		o := p.Option(name)
		if o == nil {
			continue
		}
		if usual, err := o.Convert(o.Default); err == nil && o.Default != nil && reflect.DeepEqual(usual, values[name]) {
			continue
		}
		out[name] = plain(v, vault.Redact)
	}
	return out, nil
}

func plain(v manifest.Value, redact func(string) string) any {
	switch v := v.(type) {
	case manifest.Text:
		return redact(v.Reveal())
	case time.Duration:
		return v.String()
	case manifest.Size:
		return v.String()
	case []manifest.Value:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e, redact)
		}
		return out
	case map[string]manifest.Value:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = plain(e, redact)
		}
		return out
	default:
		return v
	}
}

// values converts a case's config to the sandbox's form, with defaults filled
// in, and returns which options the case sets. It reports all errors.
func (c *Case) values(p *manifest.Probe) (manifest.Values, map[string]bool, error) {
	values, written := manifest.Values{}, map[string]bool{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.Config)) {
		o := p.Option(name)
		if o == nil {
			errs = append(errs, fmt.Errorf("config.%s: the probe %s has no such option", name, p.Name))
			continue
		}
		v, err := o.Convert(c.Config[name])
		if err == nil {
			v = withSecrets(v)
			err = o.Constrain(v)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("config.%s: %w", name, err))
			continue
		}
		values[name], written[name] = v, true
	}
	for i := range p.Options {
		o := &p.Options[i]
		if _, there := c.Config[o.Name]; there || o.Default == nil {
			continue
		}
		v, err := o.Convert(o.Default)
		if err != nil {
			errs = append(errs, fmt.Errorf("the default of %s: %w", o.Name, err))
			continue
		}
		values[o.Name] = v
	}
	return values, written, errors.Join(errs...)
}

// withSecrets replaces each placeholder for a secret by a stand-in.
func withSecrets(v manifest.Value) manifest.Value {
	switch v := v.(type) {
	case manifest.Text:
		var out manifest.Text
		for n, part := range strings.Split(v.Reveal(), hidden) {
			if n > 0 {
				out = append(out, manifest.Part{Text: standIn, Secret: true})
			}
			if part != "" {
				out = append(out, manifest.Part{Text: part})
			}
		}
		return out
	case []manifest.Value:
		for i := range v {
			v[i] = withSecrets(v[i])
		}
	case map[string]manifest.Value:
		for k := range v {
			v[k] = withSecrets(v[k])
		}
	}
	return v
}
