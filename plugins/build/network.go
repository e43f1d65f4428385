package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"vega/plugins/binary"
)

// A module has no network of its own: a probe that used its language's would
// build, and report a refused connection in each run. So the build refuses it,
// and names the call of the SDK.

// instead maps packages of Go's standard library that open connections to what
// a probe uses in their place.
var instead = map[string]string{
	"net":        "the calls Run.Dial and Run.Resolve of package sdk (and package net/netip for addresses)",
	"net/http":   "the call Run.HTTP of package sdk",
	"net/http/":  "the call Run.HTTP of package sdk",
	"net/rpc":    "the call Run.Dial of package sdk",
	"net/rpc/":   "the call Run.Dial of package sdk",
	"net/smtp":   "the call Run.Dial of package sdk",
	"crypto/tls": `the call Run.Dial("tls", …) or Conn.StartTLS of package sdk`,
	"log/syslog": "the call Run.Log of package sdk",
}

// goPackage is the part of the output of go list that is needed.
type goPackage struct {
	ImportPath string
	Dir        string
	Standard   bool
	Module     *struct{ Main bool }
	GoFiles    []string
	Imports    []string
}

// checkGo refuses a project that imports a package for connections. If one of
// its dependencies does, that may be for its other functions, so it is a
// warning.
func checkGo(ctx context.Context, j job, env []string) error {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=ImportPath,Dir,Standard,Module,GoFiles,Imports", ".")
	cmd.Dir, cmd.Env = j.dir, env
	text, err := cmd.Output()
	if err != nil {
		return nil //nolint:nilerr // go build reports it better
	}
	for list := json.NewDecoder(bytes.NewReader(text)); ; {
		var p goPackage
		if err := list.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("go list: %w", err)
		}
		if p.Standard {
			continue
		}
		for _, path := range p.Imports {
			use := replacement(path)
			switch {
			case use == "":
			case p.Module != nil && !p.Module.Main:
				if _, err := fmt.Fprintf(j.said, "warning: %s imports %s, which has no network in a module: what it connects to fails; use %s\n", p.ImportPath, path, use); err != nil {
					return err
				}
			default:
				return fmt.Errorf("%s imports %q, which has no network in a module: every connection would fail as if the target refused it; use %s", place(j, p, path), path, use)
			}
		}
	}
}

func replacement(path string) string {
	if use := instead[path]; use != "" {
		return use
	}
	for at := strings.LastIndexByte(path, '/'); at > 0; at = strings.LastIndexByte(path[:at], '/') {
		if use := instead[path[:at+1]]; use != "" {
			return use
		}
	}
	return ""
}

// place returns the file and line of an import, or the package.
func place(j job, p goPackage, path string) string {
	for _, name := range p.GoFiles {
		files := token.NewFileSet()
		full := filepath.Join(p.Dir, name)
		f, err := parser.ParseFile(files, full, nil, parser.ImportsOnly)
		if err != nil {
			continue
		}
		for _, i := range f.Imports {
			if quoted, err := strconv.Unquote(i.Path.Value); err == nil && quoted == path {
				if short, err := filepath.Rel(j.dir, full); err == nil {
					full = short
				}
				return fmt.Sprintf("%s:%d", full, files.Position(i.Pos()).Line)
			}
		}
	}
	return p.ImportPath
}

var (
	// rustNet matches the use of std::net, in one of its forms.
	rustNet = regexp.MustCompile(`\bstd::(net\b|\{[^}]*\bnet\b)`)
	// rustSockets matches a type of std::net that opens connections, outside of
	// a comment.
	rustSockets = regexp.MustCompile(`^([^/]|/[^/])*\b(TcpStream|TcpListener|UdpSocket|ToSocketAddrs)\b`)
)

// checkRust refuses a project whose own source uses std::net for connections.
func checkRust(j job) error {
	return filepath.WalkDir(filepath.Join(j.dir, "src"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".rs") {
			return nil //nolint:nilerr // cargo reports it better
		}
		text, err := os.ReadFile(path)
		if err != nil || !rustNet.Match(text) {
			return nil //nolint:nilerr // as above
		}
		for n, line := range strings.Split(string(text), "\n") {
			if rustSockets.MatchString(line) {
				if short, err := filepath.Rel(j.dir, path); err == nil {
					path = short
				}
				return fmt.Errorf("%s:%d uses std::net, which has no network in a module: every connection would fail; use dial, http or resolve of the SDK (and core::net for addresses)", path, n+1)
			}
		}
		return nil
	})
}

// checkSockets refuses a module that imports WASI's calls for sockets.
func checkSockets(wasm []byte) error {
	m, err := binary.Decode(wasm)
	if err != nil {
		return nil //nolint:nilerr // loading it reports the error
	}
	for _, i := range m.Imports {
		if string(i.Module) == "wasi_snapshot_preview1" && strings.HasPrefix(string(i.Name), "sock_") {
			return fmt.Errorf("the module imports the WASI call %s, but has no sockets: every connection would fail; use dial, http and resolve of the SDK", i.Name)
		}
	}
	return nil
}
