package build_test

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/build"
	"vega/plugins/manifest"
)

func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func buildWith(t *testing.T, base build.Language, files map[string]string) error {
	t.Helper()
	all := maps.Clone(minimal[base])
	maps.Copy(all, files)
	m := &manifest.Manifest{ABI: "vega_v1", Name: "net", Version: "1", Probes: []manifest.Probe{{Name: "p"}}}
	_, err := build.WithWarnings(t.Context(), project(t, all), m, io.Discard)
	return err
}

// A Go module's network exists within the module only: package net connects to
// nothing else, so that a build that accepts it makes every target look dead.
func TestGoNetworkIsRefused(t *testing.T) {
	realtest.Toolchain(t, build.Go, false)
	for _, c := range []struct{ path, use string }{
		{"net", "Run.Dial and Run.Resolve"},
		{"net/http", "Run.HTTP"},
		{"net/http/cookiejar", "Run.HTTP"},
		{"net/smtp", "Run.Dial"},
		{"net/rpc/jsonrpc", "Run.Dial"},
		{"crypto/tls", "Conn.StartTLS"},
	} {
		err := buildWith(t, build.Go, map[string]string{"use.go": "package main\n\nimport (\n\t_ \"fmt\"\n\t_ \"" + c.path + "\"\n)\n"})
		if err == nil || !strings.Contains(err.Error(), "use.go:5 imports \""+c.path+"\"") || !strings.Contains(err.Error(), c.use) {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	for _, path := range []string{"net/url", "net/netip", "net/mail", "crypto/x509"} {
		if err := buildWith(t, build.Go, map[string]string{"use.go": "package main\n\nimport _ \"" + path + "\"\n"}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	nested := map[string]string{"client/client.go": "package client\n\nimport _ \"net/http\"\n", "use.go": "package main\n\nimport _ \"example.com/minimal/client\"\n"}
	if err := buildWith(t, build.Go, nested); err == nil || !strings.Contains(err.Error(), filepath.Join("client", "client.go")+":3 imports") {
		t.Errorf("in a package of the project: %v", err)
	}
}

func TestRustNetworkIsRefused(t *testing.T) {
	realtest.Toolchain(t, build.Rust, false)
	for _, source := range []string{
		"use std::net::TcpStream;\n", "use std::net::{IpAddr, UdpSocket};\n", "use std::{io, net};\nfn f() { net::TcpListener::bind(\"x\"); }\n",
		"fn f() { std::net::TcpStream::connect(\"x\"); }\n",
	} {
		err := buildWith(t, build.Rust, map[string]string{"src/lib.rs": source})
		if err == nil || !strings.Contains(err.Error(), filepath.Join("src", "lib.rs")+":") || !strings.Contains(err.Error(), "std::net") {
			t.Errorf("%q: %v", source, err)
		}
	}
}
