package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// platform is what a binary is for.
type platform struct{ OS, Arch string }

func (p platform) String() string { return p.OS + "/" + p.Arch }

// binary returns the name of the program's file.
func (p platform) binary() string {
	if p.OS == "windows" {
		return "vega.exe"
	}
	return "vega"
}

// environment returns the settings of the Go toolchain for the platform.
func (p platform) environment() []string {
	return []string{"GOOS=" + p.OS, "GOARCH=" + p.Arch, "GOAMD64=v1", "GOARM64=v8.0"}
}

// published lists the platforms of a release: those for which wazero compiles. On
// others vega starts, and refuses every check.
var published = []platform{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
}

// host returns this machine's platform.
func host() platform {
	return platform{runtime.GOOS, runtime.GOARCH}
}

// choose returns the platforms named in a list, or all if there isn't one.
func choose(names string) ([]platform, error) {
	if names == "" {
		return published, nil
	}
	wanted := map[platform]bool{}
	for name := range strings.SplitSeq(names, ",") {
		if name == "host" {
			name = host().String()
		}
		os, arch, _ := strings.Cut(name, "/")
		wanted[platform{os, arch}] = true
	}
	var all []platform
	for _, p := range published {
		if wanted[p] {
			all = append(all, p)
			delete(wanted, p)
		}
	}
	for p := range wanted {
		return nil, fmt.Errorf("platform %s: a release has %v", p, published)
	}
	return all, nil
}

// goSettings are what the Go toolchain needs to find modules and its caches. All
// other settings are left out, because they could change the result.
var goSettings = []string{
	"GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH",
	"GOMODCACHE", "GOCACHE", "GOROOT",
}

// goEnvironment returns the environment of the Go toolchain.
func (r *release) goEnvironment(ctx context.Context) ([]string, error) {
	text, err := output(exec.CommandContext(ctx, "go", append([]string{"env", "-json"}, goSettings...)...))
	if err != nil {
		return nil, err
	}
	var set map[string]string
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("read go env: %w", err)
	}
	temporary := filepath.Join(r.Work, "tmp")
	if err := os.MkdirAll(temporary, 0o755); err != nil {
		return nil, err
	}
	env := []string{"CGO_ENABLED=0", "GOENV=off", "GOWORK=off", "GOTOOLCHAIN=local", "GOTMPDIR=" + temporary}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GO") && !strings.HasPrefix(v, "CGO_") && !strings.HasPrefix(v, "PWD=") {
			env = append(env, v)
		}
	}
	for name, value := range set {
		env = append(env, name+"="+value)
	}
	return env, nil
}

// maxBinary is the most bytes that a binary may have. .ci/run has the same limit, and
// says what is linked that should not be.
const maxBinary = 49_500_000

// compile builds the binary of each platform.
func compile(ctx context.Context, r *release) error {
	for _, p := range r.Platforms {
		began := time.Now()
		path := filepath.Join(r.Work, p.OS+"_"+p.Arch, p.binary())
		if err := r.compileFor(ctx, p, path); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		fmt.Printf("  %-14s %10d bytes, %.0f s\n", p, info.Size(), time.Since(began).Seconds())
		if info.Size() > maxBinary {
			return fmt.Errorf("%s: the binary has %d bytes, at most %d are allowed", p, info.Size(), maxBinary)
		}
		r.Binaries[p] = path
	}
	return nil
}

// compileFor builds the binary of one platform.
func (r *release) compileFor(ctx context.Context, p platform, path string) error {
	env, err := r.goEnvironment(ctx)
	if err != nil {
		return err
	}
	const pkg = "vega/daemon/version."
	stamp := fmt.Sprintf("-s -w -X %sversion=%s -X %scommit=%s -X %sdate=%s", pkg, r.Version, pkg, r.Commit, pkg, r.Date.Format(time.RFC3339))
	if r.Modified {
		stamp += " -X " + pkg + "modified=true"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-mod=readonly", "-tags", "nomsgpack,grpcnotrace", "-ldflags", stamp, "-o", path, "./daemon/vega")
	cmd.Dir = r.Tree
	cmd.Env = append(append(env, p.environment()...), "PWD="+r.Tree)
	_, err = output(cmd)
	return err
}
