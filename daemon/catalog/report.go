package catalog

import "vega/plugins/manifest"

// Report describes one module: its manifest and its state.
type Report struct {
	Name         string        `json:"name"` // "" if the file is not a plugin
	Version      string        `json:"version"`
	Description  string        `json:"description"`
	File         string        `json:"file"` // "" for a bundled module
	Bundled      bool          `json:"bundled"`
	Digest       string        `json:"digest"` // hex SHA-256
	SizeBytes    int           `json:"size_bytes"`
	Signer       string        `json:"signer"`  // the key that its signature names, or ""
	Trusted      bool          `json:"trusted"` // it is bundled, or plugins.trusted_keys verified the signature
	State        string        `json:"state"`   // loaded, unused, loading, refused or withdrawn
	Reason       string        `json:"reason"`  // why not loaded, or why a newer file is refused
	Probes       []ProbeReport `json:"probes"`
	Integrations []string      `json:"integrations"`
}

// ProbeReport describes one probe of a module.
type ProbeReport struct {
	Name         string             `json:"name"`
	Summary      string             `json:"summary"`
	Capabilities []CapabilityReport `json:"capabilities"`
}

// CapabilityReport is a capability that a probe requests. Reason is the probe's own
// explanation.
type CapabilityReport struct {
	Kind     string   `json:"kind"`
	Reason   string   `json:"reason"`
	Optional bool     `json:"optional"`
	Hosts    []string `json:"hosts"`
}

// Report lists every module, the bundled ones first, then by file.
func (s *Set) Report() []Report {
	out := make([]Report, len(s.plugins))
	for n, p := range s.plugins {
		out[n] = p.report(s.Config.Plugins.Trust.Signed)
		for _, i := range s.Config.Integrations {
			if i.Plugin == p.Name() {
				out[n].Integrations = append(out[n].Integrations, i.Name)
			}
		}
	}
	return out
}

// Refused returns why files are refused, by the name of the file.
func (s *Set) Refused() map[string]string {
	out := map[string]string{}
	for n := range s.plugins {
		if p := &s.plugins[n]; p.refused() {
			out[p.found.File] = p.Reason
		}
	}
	return out
}

// refused reports whether a module, or a newer file of it, is refused.
func (p *Plugin) refused() bool {
	return p.Reason != "" && p.State != withdrawn && p.State != loading && !p.queued
}

// report describes the module. verified: vega accepts only modules that trusted keys signed.
func (p *Plugin) report(verified bool) Report {
	r := Report{
		File: p.found.File, Bundled: p.found.File == "", State: p.State, Reason: p.Reason,
		Signer: p.found.Signature.Signer(),
		Probes: []ProbeReport{}, Integrations: []string{},
	}
	m := p.found.Module
	if m == nil {
		r.Digest = p.found.Digest
		return r
	}
	r.Name, r.Version, r.Description = m.Manifest.Name, m.Manifest.Version, m.Manifest.Description
	r.Digest, r.SizeBytes, r.Trusted = m.Digest, m.Size, r.Bundled || verified
	for _, k := range m.Manifest.Probes {
		r.Probes = append(r.Probes, ProbeReport{Name: k.Name, Summary: k.Summary, Capabilities: capabilities(k.Capabilities)})
	}
	return r
}

func capabilities(in []manifest.Capability) []CapabilityReport {
	out := make([]CapabilityReport, len(in))
	for n, k := range in {
		out[n] = CapabilityReport{Kind: string(k.Kind), Reason: k.Reason, Optional: k.Optional, Hosts: append([]string{}, k.Hosts...)}
	}
	return out
}
