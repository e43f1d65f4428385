package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"vega/plugins"
)

// bench is the state that the parts share.
type bench struct {
	settings
	root    string // of the repository
	dir     string // for all output
	sandbox *plugins.Sandbox
}

func prepare(ctx context.Context, s settings) (*bench, error) {
	b := &bench{settings: s}
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return nil, fmt.Errorf("find the repository with go: %w", err)
	}
	b.root = filepath.Dir(strings.TrimSpace(string(out)))
	if _, err := os.Stat(filepath.Join(b.root, "daemon", "vega")); err != nil {
		return nil, errors.New("run the benchmark in vega's repository")
	}
	if b.dir, err = os.MkdirTemp("", "vega-bench-"); err != nil {
		return nil, err
	}
	b.sandbox, err = plugins.Open(ctx, plugins.Options{CacheDir: filepath.Join(b.dir, "cache")})
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) close() {
	if b.sandbox != nil {
		_ = b.sandbox.Close() // the process ends anyway
	}
	if b.keep {
		fmt.Println("\nkept:", b.dir)
		return
	}
	_ = os.RemoveAll(b.dir) // on failure, left to the system
}

// describe prints the machine and the versions of the compared programs.
func describe(ctx context.Context) {
	fmt.Printf("%s, %d CPUs, GOMAXPROCS %d, %s\n", cpuModel(), runtime.NumCPU(), runtime.GOMAXPROCS(0), runtime.Version())
	for _, name := range []string{"monitoring-plugins-basic", "prometheus-blackbox-exporter"} {
		version, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Version}", name).Output()
		if err != nil {
			version = []byte("not a Debian package here")
		}
		fmt.Printf("%s %s\n", name, version)
	}
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

// peer checks that the program of a Debian package is installed.
func peer(path, pack string) (string, error) {
	found, err := exec.LookPath(path)
	if err != nil {
		return "", fmt.Errorf("%s is not installed: apt-get install %s", path, pack)
	}
	return found, nil
}
