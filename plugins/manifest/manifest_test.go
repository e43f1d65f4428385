package manifest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/plugins/binary"
	"vega/plugins/manifest"
	"vega/plugins/signature"
)

func example() *manifest.Manifest {
	return &manifest.Manifest{
		ABI: "vega_v1", Name: "acme", Version: "1.2.0",
		Probes: []manifest.Probe{{
			Name: "orders", Timeout: manifest.Duration(5 * time.Second),
			Options: []manifest.Option{
				{Name: "url", Type: manifest.URL, Required: true},
				{Name: "limit", Type: manifest.SizeType, Default: "1MiB"},
				{Name: "codes", Type: manifest.List, Of: manifest.Number, Default: []any{200.0}},
			},
			Capabilities: []manifest.Capability{{Kind: manifest.HTTP, Reason: "asks the service", From: []string{"url"}}},
		}},
	}
}

func TestPackThenRead(t *testing.T) {
	bare := binary.AppendSection(binary.Header(), binary.Custom, binary.AppendName(nil, "other"))
	packed, err := manifest.Pack(bare, example())
	if err != nil {
		t.Fatal(err)
	}
	again, err := manifest.Pack(packed, example())
	if err != nil || string(again) != string(packed) {
		t.Fatalf("packing twice changes the module (%v)", err)
	}
	m, err := manifest.Read(packed)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.Manifest, example()) {
		t.Errorf("read back %+v", m.Manifest)
	}
	// A truncated file is never accepted as a plugin.
	for n := range packed {
		if _, err := manifest.Read(packed[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are accepted", n, len(packed))
		}
	}
}

// manifested returns a module with a text as its manifest.
func manifested(text string) []byte {
	return binary.AppendSection(binary.Header(), binary.Custom, append(binary.AppendName(nil, "vega.manifest"), text...))
}

func TestReadRefuses(t *testing.T) {
	text, err := json.Marshal(example())
	if err != nil {
		t.Fatal(err)
	}
	section := append(binary.AppendName(nil, "vega.manifest"), text...)
	one := slices.Clip(binary.AppendSection(binary.Header(), binary.Custom, section))
	memory := binary.AppendSection(one, binary.Imports, append([]byte{1}, "\x03env\x06memory\x02\x00\x01"...))
	for name, c := range map[string]struct {
		wasm []byte
		want string
	}{
		"no module":       {[]byte("#!/bin/sh\n"), "not a WebAssembly core module"},
		"empty":           {nil, "not a WebAssembly core module"},
		"no manifest":     {binary.Header(), "no vega.manifest section"},
		"two":             {binary.AppendSection(one, binary.Custom, section), "more than one"},
		"not JSON":        {binary.AppendSection(binary.Header(), binary.Custom, append(binary.AppendName(nil, "vega.manifest"), "{"...)), "not JSON"},
		"a key twice":     {manifested(`{"name":"core","probes":[{"name":"a","name":"b"}]}`), `the key "name" twice`},
		"in another case": {manifested(`{"name":"core","NAME":"other"}`), `the key "name" twice`},
		"in Unicode":      {manifested(`{"probes":[],"probeſ":[]}`), `the key "probes" twice`},
		"too large":       {binary.AppendSection(binary.Header(), binary.Custom, append(binary.AppendName(nil, "vega.manifest"), make([]byte, manifest.MaxSize+1)...)), "at most"},
		"imports memory":  {memory, "not a function"},
		"count of a bomb": {binary.AppendSection(one, binary.Imports, []byte{0xff, 0xff, 0xff, 0xff, 0x0f}), "declares more"},
		"section too long": {
			append(binary.Header(), 1, 0xff, 0xff, 0xff, 0x0f), "truncated",
		},
	} {
		if _, err := manifest.Read(c.wasm); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for want, change := range map[string]func(*manifest.Manifest){
		`supports "vega_v1", and "nagios"`:     func(m *manifest.Manifest) { m.ABI = "vega_v9" },
		"must match":                           func(m *manifest.Manifest) { m.Name = "Acme" },
		"reserved word":                        func(m *manifest.Manifest) { m.Name = "llm" },
		"there are no probes":                  func(m *manifest.Manifest) { m.Probes = nil },
		"used twice":                           func(m *manifest.Manifest) { m.Probes = append(m.Probes, m.Probes[0]) },
		"not between 1s and 30s":               func(m *manifest.Manifest) { m.Probes[0].Timeout = manifest.Duration(time.Minute) },
		`unknown type "blob"`:                  func(m *manifest.Manifest) { m.Probes[0].Options[0].Type = "blob" },
		"can't be required and have a default": func(m *manifest.Manifest) { m.Probes[0].Options[1].Required = true },
		"the default is not valid":             func(m *manifest.Manifest) { m.Probes[0].Options[1].Default = "a lot" },
		"which is not an option":               func(m *manifest.Manifest) { m.Probes[0].NeedsAny = []string{"key"} },
		"which is not an option of this probe": func(m *manifest.Manifest) { m.Probes[0].Capabilities[0].From = []string{"ulr"} },
		`unknown capability "files"; the capabilities are http, net, dns, sql, kv`: func(m *manifest.Manifest) { m.Probes[0].Capabilities[0].Kind = "files" },
		`for connections over udp, use capability "net" with methods = ["udp"]`:    func(m *manifest.Manifest) { m.Probes[0].Capabilities[0].Kind = "udp" },
		"needs a reason":                        func(m *manifest.Manifest) { m.Probes[0].Capabilities[0].Reason = " " },
		"an option of type size can't hold one": func(m *manifest.Manifest) { m.Probes[0].Capabilities[0].From = []string{"limit"} },
		"only a url can have schemes":           func(m *manifest.Manifest) { m.Probes[0].Options[1].Schemes = []string{"ws"} },
		`the scheme "ftp" is not one of`:        func(m *manifest.Manifest) { m.Probes[0].Options[0].Schemes = []string{"ftp"} },
		`the scheme "ws" is there twice`:        func(m *manifest.Manifest) { m.Probes[0].Options[0].Schemes = []string{"http", "ws", "ws"} },
		`add schemes = ["http", "https"]`:       func(m *manifest.Manifest) { m.Probes[0].Options[0].Schemes = []string{"ws"} },
		"is not an HTTP method":                 func(m *manifest.Manifest) { m.Probes[0].Capabilities[0].Methods = []string{"get"} },
		"only a string can have the format":     func(m *manifest.Manifest) { m.Probes[0].Options[0].Format = manifest.Regex },
		"with a format can't have a default": func(m *manifest.Manifest) {
			m.Probes[0].Options = append(m.Probes[0].Options, manifest.Option{Name: "match", Type: manifest.String, Format: manifest.Regex, Default: "a"})
		},
		"requires or conflicts names":         func(m *manifest.Manifest) { m.Probes[0].Options[0].Requires = []string{"key"} },
		"names \"url\", which is not another": func(m *manifest.Manifest) { m.Probes[0].Options[0].Conflicts = []string{"url"} },
		"is not a string, number or bool":     func(m *manifest.Manifest) { m.Probes[0].Options[0].Requires = []string{"codes=1"} },
		"not a regular expression":            func(m *manifest.Manifest) { m.Probes[0].Options[0].Pattern = "(" },
	} {
		m := example()
		change(m)
		err := m.Check()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestParseSize(t *testing.T) {
	for in, want := range map[string]manifest.Size{"64KiB": 65536, "10MB": 10_000_000, "1.5GiB": 3 << 29, "7B": 7, "0B": 0} {
		if got, err := manifest.ParseSize(in); got != want || err != nil {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "64", "KiB", "-1KiB", "1e30GiB", "64 kb", "NaNB"} {
		if got, err := manifest.ParseSize(in); err == nil {
			t.Errorf("%q is accepted as %d", in, got)
		}
	}
	if s := manifest.Size(65536).String(); s != "64KiB" {
		t.Error(s)
	}
}

func TestScan(t *testing.T) {
	dir := t.TempDir()
	packed, err := manifest.Pack(binary.Header(), example())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"a.wasm": packed, "b.wasm": []byte("forbidden"), "c.wasm": []byte("junk"), ".half.wasm": packed, "notes.txt": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "d.wasm")); err != nil {
		t.Fatal(err)
	}
	forbidden := manifest.Digest([]byte("forbidden"))
	found, err := manifest.Scan(dir, func(_, digest string, _ *signature.Signature) error {
		if digest == forbidden {
			return errors.New("not admitted")
		}
		return nil
	})
	if err != nil || len(found) != 4 {
		t.Fatalf("found %d: %v", len(found), err)
	}
	for i, want := range []string{"", "not admitted", "not a WebAssembly", "not a regular file"} {
		if err := found[i].Err; (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || (found[i].Module == nil) != (want != "") {
			t.Errorf("%s: %v, want %q", found[i].File, err, want)
		}
	}
	if found[1].Digest != forbidden {
		t.Errorf("a refused file has the digest %q", found[1].Digest)
	}
	if none, err := manifest.Scan(filepath.Join(dir, "absent"), nil); none != nil || err != nil {
		t.Errorf("a missing directory: %v, %v", none, err)
	}
}

func FuzzRead(f *testing.F) {
	packed, err := manifest.Pack(binary.Header(), example())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x02\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := manifest.Read(b)
		if (err == nil) == (m == nil) {
			t.Fatal("neither a module nor an error, or both")
		}
		if err == nil && m.Manifest.Check() != nil {
			t.Fatal("Read accepted a manifest that Check refuses")
		}
	})
}

func TestReadFileOpensOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe.wasm")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, dir, "/dev/zero"} { // none may hang or fill memory
		if _, err := manifest.ReadFile(path); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := manifest.ReadFile(filepath.Join(dir, "absent.wasm")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestWriteFileReplacesOnlyRegularFiles checks that what a command writes replaces no
// pipe or directory, follows no link, and leaves nothing else behind.
func TestWriteFileReplacesOnlyRegularFiles(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(syscall.Mkfifo(in("pipe"), 0o600), os.Mkdir(in("directory"), 0o700), os.WriteFile(in("theirs"), []byte("theirs"), 0o600), os.Symlink("theirs", in("link"))); err != nil {
		t.Fatal(err)
	}
	before, err := os.Lstat(in("pipe"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pipe", "directory", "link"} {
		if err := manifest.WriteFile(in(name), []byte("mine"), 0o644); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after, err := os.Lstat(in("pipe")); err != nil || !os.SameFile(before, after) {
		t.Error("the pipe was replaced")
	}
	for range 2 {
		if err := manifest.WriteFile(in("new"), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(in("new")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	if err := manifest.WriteFile(in("absent/new"), nil, 0o644); !errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), ".vega-") {
		t.Error(err)
	}
	theirs, err := os.ReadFile(in("theirs"))
	if all, _ := os.ReadDir(dir); err != nil || string(theirs) != "theirs" || len(all) != 5 {
		t.Errorf("%q, %v, %v", theirs, err, all)
	}
}

// The work that a manifest can cause is bounded, however its 64 KiB are used.
func TestPatternsAreBounded(t *testing.T) {
	long := strings.Repeat("a", 50_000)
	many := func(n int, o manifest.Option) []manifest.Option {
		out := make([]manifest.Option, n)
		for i := range out {
			out[i] = o
			out[i].Name = fmt.Sprintf("o%d", i)
		}
		return out
	}
	list := make([]any, 15_000)
	for i := range list {
		list[i] = ""
	}
	for name, options := range map[string][]manifest.Option{
		"a long default":      {{Name: "o", Type: manifest.String, Pattern: strings.Repeat("(a?){30}", 40) + ".*", Default: long}},
		"a large repetition":  {{Name: "o", Type: manifest.String, Pattern: "(?:" + strings.Repeat("ab", 400) + "){1000}"}},
		"many repetitions":    many(900, manifest.Option{Type: manifest.String, Pattern: "(?:aaaaaaaaa){900}"}),
		"a list of defaults":  {{Name: "o", Type: manifest.List, Pattern: "(?:a?a?a?a?a?a?a?a?a?){900}", Default: list}},
		"a bomb when wrapped": {{Name: "o", Type: manifest.String, Pattern: strings.Repeat("(", 499) + strings.Repeat(")", 499)}},
		"a bracket too many":  {{Name: "o", Type: manifest.String, Pattern: "a)(b"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := example()
			m.Probes[0].Options = append(m.Probes[0].Options, options...)
			before := processorTime(t)
			err := m.Check()
			if took := processorTime(t) - before; took > 5*time.Second {
				t.Errorf("it took %v of CPU time", took)
			}
			if err == nil && name != "a bomb when wrapped" {
				t.Error("it was accepted")
			}
			if err != nil && len(err.Error()) > 20_000 {
				t.Errorf("a message of %d bytes", len(err.Error()))
			}
		})
	}
	o := manifest.Option{Name: "o", Type: manifest.String, Pattern: "(?:a|b){900}"}
	if err := o.Constrain(manifest.Plain(strings.Repeat("a", 60_000))); err == nil || !strings.Contains(err.Error(), "too long for its pattern") {
		t.Errorf("a long value: %v", err)
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A format is checked without quoting a secret, and each entry of a map by
// itself.
func TestFormats(t *testing.T) {
	conditions := manifest.Option{Name: "json", Type: manifest.Map, Of: manifest.Any, Format: manifest.JSONConditions}
	err := conditions.Constrain(map[string]manifest.Value{"a..b": true, "b": 3.0, "c": manifest.Plain("< x"), "d": manifest.Plain("=~ ("), "e": manifest.Text{{Text: "< x", Secret: true}}})
	all := manifest.FormatErrors(err)
	if len(all) != 3 || all[0].Entry != "a..b" || !all[0].InKey || all[1].Entry != "c" || all[1].InKey || all[2].Entry != "d" {
		t.Errorf("%v", err)
	}
	for _, r := range []struct {
		format manifest.Format
		value  manifest.Value
		want   string
	}{
		{manifest.Regex, manifest.Plain("a+"), ""},
		{manifest.Regex, manifest.Plain("(?=a)"), "RE2 has no lookahead"},
		{manifest.Regex, manifest.Plain(strings.Repeat("(b{1000})", 20)), "use a simpler expression"},
		{manifest.Regex, manifest.Text{{Text: "(geheim", Secret: true}}, ""},
		{manifest.JSONPath, manifest.Plain("$.a[0]"), ""},
		{manifest.JSONPath, manifest.Plain("a[*]"), "has a wildcard"},
		{manifest.RequestHeaders, map[string]manifest.Value{"X-A": manifest.Plain("b")}, ""},
		{manifest.RequestHeaders, map[string]manifest.Value{"content-length": manifest.Plain("1")}, "is set by the host"},
		{manifest.RequestHeaders, map[string]manifest.Value{"Proxy-Authorization": manifest.Plain("1")}, "is set by the host"},
		{manifest.RequestHeaders, map[string]manifest.Value{"sec-websocket-version": manifest.Plain("13")}, "WebSocket"},
		{manifest.RequestHeaders, map[string]manifest.Value{"Accept-Encoding": manifest.Plain("br")}, "gzip only"},
		{manifest.RequestHeaders, map[string]manifest.Value{"X-A": manifest.Plain("b"), "x-a": manifest.Plain("c")}, "is there already, as X-A"},
		{manifest.RequestHeaders, map[string]manifest.Value{"X A": manifest.Plain("b")}, "not the name of a header"},
		{manifest.RequestHeaders, map[string]manifest.Value{"X-A": manifest.Plain("b\r\nX-B: c")}, "has a line break"},
		{"of a later vega", manifest.Plain("x"), ""},
	} {
		o := manifest.Option{Name: "o", Type: manifest.String, Format: r.format}
		err := o.Constrain(r.value)
		if (err == nil) != (r.want == "") || err != nil && !strings.Contains(err.Error(), r.want) || err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %v, want %q", r.format, err, r.want)
		}
	}
}

func TestTogether(t *testing.T) {
	p := &manifest.Probe{Options: []manifest.Option{
		{Name: "method", Type: manifest.String, Default: "GET"},
		{Name: "text", Type: manifest.String, Conflicts: []string{"method=HEAD"}},
		{Name: "user", Type: manifest.String, Requires: []string{"password"}},
		{Name: "password", Type: manifest.String},
		{Name: "plain", Type: manifest.Bool, Conflicts: []string{"secure"}},
		{Name: "secure", Type: manifest.Bool, Default: true},
		{Name: "level", Type: manifest.Number, Requires: []string{"secure=true"}},
	}}
	text, on := manifest.Plain, manifest.Value(true)
	for name, c := range map[string]struct {
		values  manifest.Values
		written string
		want    string
	}{
		"apart":                    {manifest.Values{"method": text("HEAD"), "secure": on}, "method", ""},
		"fine":                     {manifest.Values{"method": text("GET"), "text": text("x"), "user": text("u"), "password": text("p")}, "text user password", ""},
		"value":                    {manifest.Values{"method": text("HEAD"), "text": text("x")}, "method text", "text/method=HEAD"},
		"requires":                 {manifest.Values{"user": text("u")}, "user", "user!password"},
		"a default does not count": {manifest.Values{"plain": on, "secure": on}, "plain", ""},
		"excluded":                 {manifest.Values{"plain": on, "secure": on}, "plain secure", "plain/secure"},
		"false is not set":         {manifest.Values{"plain": on, "secure": false}, "plain secure", ""},
		"not used":                 {manifest.Values{"plain": false, "secure": on}, "plain secure", ""},
		"a default is a value":     {manifest.Values{"level": 1.0, "secure": on}, "level", ""},
		"requires a value":         {manifest.Values{"level": 1.0, "secure": false}, "level secure", "level!secure=true"},
	} {
		var got []string
		for _, k := range manifest.Together(p.Options, c.values, func(o string) bool { return slices.Contains(strings.Fields(c.written), o) }) {
			sign := "/"
			if k.Lacks {
				sign = "!"
			}
			text := k.Option + sign + k.Other
			if k.Value != "" {
				text += "=" + k.Value
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}
