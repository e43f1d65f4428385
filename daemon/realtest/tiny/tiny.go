// Package tiny assembles plugins for tests. Each is a few bytes of WebAssembly, so
// it needs no toolchain and runs in no time.
package tiny

import (
	"bytes"
	"encoding/binary"
	"testing"

	"vega/plugins/manifest"
)

// Bodies of vega_run for Plain. The parameter is local 0.
var (
	AnswerParameter = []byte{0x20, 0x00}                      // returns the index of the probe as the status
	Trap            = []byte{0x00}                            // unreachable
	Answer99        = []byte{0x41, 0xe3, 0x00}                // i32.const 99
	Spin            = []byte{0x03, 0x40, 0x0c, 0, 0x0b, 0x00} // loop
)

// Plain returns a plugin without capabilities. Its probes are "healthy",
// "degraded", "unhealthy" and "unknown", in the order of the codes.
func Plain(t testing.TB, name, version string, body []byte) []byte {
	t.Helper()
	var probes []manifest.Probe
	for _, p := range []string{"healthy", "degraded", "unhealthy", "unknown"} {
		probes = append(probes, manifest.Probe{Name: p})
	}
	return assemble(t, &manifest.Manifest{ABI: "vega_v1", Name: name, Version: version, Probes: probes},
		nil, function(nil, body))
}

// Web returns a plugin whose only probe, get, requests config.url and is healthy if
// the response is 200.
func Web(t testing.TB, name string) []byte {
	t.Helper()
	m := &manifest.Manifest{ABI: "vega_v1", Name: name, Version: "1", Probes: []manifest.Probe{{
		Name:         "get",
		Options:      []manifest.Option{{Name: "url", Type: manifest.URL, Required: true}},
		Capabilities: []manifest.Capability{{Kind: manifest.HTTP, Reason: "ask the target", From: []string{"url"}}},
	}}}
	body := []byte{
		0x41, 0, 0x41, 3, 0x41, 0x80, 0x08, 0x41, 0x80, 0x08, 0x10, 0, 0x21, 1, // len = config("url", 1024, 1024)
		0x41, 4, 0x41, 3, 0x41, 0x80, 0x08, 0x20, 1, 0x10, 1, // http_request("GET", url)
		0x41, 0, 0x41, 0, 0x10, 2, // http_send(h, 0, 0)
		0x41, 0xc8, 0x01, 0x46, // == 200
		0x04, 0x7f, 0x41, 0, 0x05, 0x41, 2, 0x0b, // ? 0 : 2
	}
	imports := []byte{3}
	imports = append(imports, imported("config", 1)...)
	imports = append(imports, imported("http_request", 1)...)
	imports = append(imports, imported("http_send", 2)...)
	return assemble(t, m, imports, function([]byte{1, 1, 0x7f}, body))
}

func imported(name string, kind byte) []byte {
	return append(append(text("vega_v1"), text(name)...), 0, kind)
}

// function encodes a body with its locals for the code section.
func function(locals, body []byte) []byte {
	if locals == nil {
		locals = []byte{0}
	}
	f := append(append(locals, body...), 0x0b)
	return append(uleb(len(f)), f...)
}

func assemble(t testing.TB, m *manifest.Manifest, imports, run []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	section := func(id byte, body []byte) {
		b.WriteByte(id)
		b.Write(uleb(len(body)))
		b.Write(body)
	}
	index := byte(0)
	b.WriteString("\x00asm\x01\x00\x00\x00")
	section(1, []byte{
		3, // types: (i32)->i32, (i32×4)->i32, (i32×3)->i32
		0x60, 1, 0x7f, 1, 0x7f,
		0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f,
		0x60, 3, 0x7f, 0x7f, 0x7f, 1, 0x7f,
	})
	if imports != nil {
		section(2, imports)
		index = imports[0]
	}
	section(3, []byte{1, 0})
	section(5, []byte{1, 0, 1})
	exports := append([]byte{2}, append(text("memory"), 2, 0)...)
	section(7, append(exports, append(text("vega_run"), 0, index)...))
	section(10, append([]byte{1}, run...))
	section(11, append([]byte{1, 0, 0x41, 0, 0x0b}, text("url GET")...))
	wasm, err := manifest.Pack(b.Bytes(), m)
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

func text(s string) []byte { return append(uleb(len(s)), s...) }

func uleb(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }
