package manifest_test

import (
	"strings"
	"testing"

	"vega/plugins/manifest"
)

func bridged() *manifest.Manifest {
	return &manifest.Manifest{
		ABI: manifest.Nagios, Name: "acme", Version: "1",
		Probes: []manifest.Probe{{Name: "load", Options: []manifest.Option{
			{Name: "args", Type: manifest.List, Default: []any{"-w", "5"}},
		}}},
	}
}

// A Nagios plugin is one command with arguments. A manifest that declares
// anything else is refused.
func TestBridged(t *testing.T) {
	if err := bridged().Check(); err != nil {
		t.Error(err)
	}
	bare := bridged()
	bare.Probes[0].Options = nil
	if err := bare.Check(); err != nil {
		t.Errorf("without arguments: %v", err)
	}
	for want, change := range map[string]func(*manifest.Probe){
		`capability "http" is not available with abi "nagios"`: func(p *manifest.Probe) {
			p.Capabilities = []manifest.Capability{{Kind: manifest.HTTP, Reason: "asks"}}
		},
		`option "url" has no effect`: func(p *manifest.Probe) {
			p.Options = append(p.Options, manifest.Option{Name: "url", Type: manifest.URL})
		},
		"must be a list of string":  func(p *manifest.Probe) { p.Options[0].Of, p.Options[0].Default = manifest.Number, nil },
		`"args" can't be sensitive`: func(p *manifest.Probe) { p.Options[0].Sensitive = true },
	} {
		m := bridged()
		change(&m.Probes[0])
		if err := m.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	m := bridged()
	m.Probes = append(m.Probes, manifest.Probe{Name: "other"})
	if err := m.Check(); err == nil || !strings.Contains(err.Error(), "there are 2 probes") {
		t.Error(err)
	}
}
