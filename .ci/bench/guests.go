package main

import (
	"context"
	_ "embed"
	"fmt"
	"path/filepath"
	"time"

	"vega/plugins"
	"vega/plugins/build"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/policies/check"
)

//go:embed guests/noop.wasm
var noopWasm []byte

//go:embed guests/spin.wasm
var spinWasm []byte

// guest is a probe that is ready to run.
type guest struct {
	module *plugins.Module
	input  plugins.Input
}

// run runs the probe, and returns an error unless it is healthy.
func (g *guest) run(ctx context.Context) error {
	if r := g.module.Run(ctx, g.input); r.Status != check.Healthy {
		return fmt.Errorf("%s.%s is %s (%s): %s", g.module.Manifest.Name, g.input.Probe, r.Status, r.Cause, r.Message)
	}
	return nil
}

func manifestOf(plugin, probe string) *manifest.Manifest {
	return &manifest.Manifest{ABI: "vega_v1", Name: plugin, Version: "1.0.0", Probes: []manifest.Probe{{Name: probe}}}
}

// goNoop builds and loads guests/noop.
func (b *bench) goNoop(ctx context.Context) (*guest, error) {
	wasm, err := build.Plugin(ctx, filepath.Join(b.root, ".ci", "bench", "guests", "noop"), manifestOf("gonoop", "noop"))
	if err != nil {
		return nil, err
	}
	return b.load(ctx, wasm, "noop")
}

// bare loads a hand-written module.
func (b *bench) bare(ctx context.Context, wasm []byte, plugin, probe string) (*guest, error) {
	packed, err := manifest.Pack(wasm, manifestOf(plugin, probe))
	if err != nil {
		return nil, err
	}
	return b.load(ctx, packed, probe)
}

// coreHTTP returns the bundled HTTP check, as the daemon would run it.
func (b *bench) coreHTTP(ctx context.Context, url string) (*guest, error) {
	g, err := b.load(ctx, plugins.Core(), "http")
	if err != nil {
		return nil, err
	}
	probe, _ := g.module.Manifest.Probe("http")
	g.input.Values = manifest.Values{"url": manifest.Plain(url), "method": manifest.Plain("GET"), "follow_redirects": true}
	g.input.Grants, _ = grant.Effective(grant.Request{Probe: probe, Values: g.input.Values, Written: map[string]bool{"url": true}, Bundled: true})
	return g, nil
}

func (b *bench) load(ctx context.Context, wasm []byte, probe string) (*guest, error) {
	m, err := b.sandbox.Load(ctx, wasm)
	if err != nil {
		return nil, err
	}
	return &guest{module: m, input: plugins.Input{Integration: "bench", Probe: probe, Timeout: 10 * time.Second}}, nil
}

func (g *guest) close() { _ = g.module.Close() } // frees memory only
