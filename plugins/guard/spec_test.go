package guard_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/guard"
)

// specVariable runs the whole suite if it is "all".
const specVariable = "VEGA_SPEC"

// short lists the parts of the suite that always run: what is rewritten, and
// what is parsed with special care.
var short = []string{
	"binary", "binary-leb128", "block", "br_table", "bulk", "call_indirect", "custom", "data", "elem", "exports", "func", "global",
	"if", "loop", "memory_copy", "memory_fill", "memory_grow", "memory_init", "ref_func", "ref_null", "select", "simd_lane",
	"start", "table_grow", "table_init", "unreached-valid", "utf8-custom-section-id",
}

// The WebAssembly specification's suite gives the same results with and without
// rewriting, in the same engine.
func TestSpecification(t *testing.T) {
	suite := specSuite(t)
	all := os.Getenv(specVariable) == "all"
	total := counts{}
	for _, version := range []string{"v1", "v2"} {
		files, err := filepath.Glob(filepath.Join(suite, version, "testdata", "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%v, %d files", err, len(files))
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			if !all && (version == "v1" || !slices.Contains(short, name)) {
				continue
			}
			c := runSpec(t, version+"/"+name, file, suite)
			total.add(c)
		}
	}
	t.Logf("%d modules, %d assertions, %d differ; %d assertions on refused modules", total.modules, total.assertions, total.differing, total.unheld)
	for _, reason := range slices.Sorted(maps.Keys(total.refused)) {
		t.Logf("refused although valid: %d %s", total.refused[reason], reason)
	}
	if total.differing > 0 || total.assertions < 1000 {
		t.Error("the results differ")
	}
}

// specSuite returns the directory of the suite in wazero's module.
func specSuite(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	dir := filepath.Join(strings.TrimSpace(string(out)), "internal", "integration_test", "spectest")
	if _, statErr := os.Stat(dir); err != nil || statErr != nil {
		t.Skipf("the module cache does not have wazero's tests, which contain the specification's suite: %v", cmp.Or(err, statErr))
	}
	return dir
}

// counts are the results of a part of the suite.
type counts struct {
	modules, assertions, differing int
	unheld                         int            // assertions on refused modules
	refused                        map[string]int // valid modules, by reason
}

func (c *counts) add(o counts) {
	c.modules, c.assertions, c.differing, c.unheld = c.modules+o.modules, c.assertions+o.assertions, c.differing+o.differing, c.unheld+o.unheld
	if c.refused == nil {
		c.refused = map[string]int{}
	}
	for reason, n := range o.refused {
		c.refused[reason] += n
	}
}

// command is a command of a suite script, as wast2json writes it.
type command struct {
	Type       string `json:"type"`
	Line       int    `json:"line"`
	Name       string `json:"name"`
	File       string `json:"filename"`
	As         string `json:"as"`
	ModuleType string `json:"module_type"`
	Action     struct {
		Type, Module, Field string
		Args                []value
	} `json:"action"`
}

// value is an argument.
type value struct {
	Type  string `json:"type"`
	Lanes string `json:"lane_type"`
	Value any    `json:"value"`
}

// script runs a script of the suite in two worlds, with and without rewriting.
type script struct {
	t          *testing.T
	name, dir  string
	worlds     [2]*world // original and prepared
	registered string    // the name for the next module
	counts
}

func runSpec(t *testing.T, name, file, suite string) counts {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var commands struct{ Commands []command }
	if err := json.Unmarshal(b, &commands); err != nil {
		t.Fatal(err)
	}
	s := script{t: t, name: name, dir: filepath.Dir(file), counts: counts{refused: map[string]int{}}}
	for i := range s.worlds {
		s.worlds[i] = newWorld(t, suite, i == 1)
	}
	for i, c := range commands.Commands {
		s.registered = ""
		if next := i + 1; next < len(commands.Commands) && commands.Commands[next].Type == "register" {
			s.registered = commands.Commands[next].As
		}
		s.command(c)
	}
	return s.counts
}

func (s *script) command(c command) {
	switch {
	case c.Type == "register", c.ModuleType == "text":
	case c.Type == "module":
		s.modules++
		s.both(c, func(w *world) string { return w.module(s.read(c), c.Name, s.registered) })
	case c.File != "": // malformed, invalid, unlinkable, or traps on start
		s.modules++
		s.assertions++
		s.both(c, func(w *world) string { return w.attempt(s.read(c)) })
	default:
		s.assertions++
		s.both(c, func(w *world) string { return w.perform(c) })
	}
}

// both does something in both worlds and compares the results.
func (s *script) both(c command, do func(w *world) string) {
	s.t.Helper()
	prepared := do(s.worlds[1])
	switch {
	case strings.HasPrefix(prepared, refusedMark):
		s.refusedOnly(c, prepared)
		return
	case prepared == unheldMark:
		s.unheld++
		return
	}
	if plain := do(s.worlds[0]); plain != prepared {
		s.differing++
		s.t.Errorf("%s:%d %s %s: %s, and rewritten: %s", s.name, c.Line, c.Type, c.Action.Field, plain, prepared)
	}
}

// refusedOnly handles a module that the guard refuses. The original is not run
// either, because it could change what others share. If valid, it is counted by
// its reason.
func (s *script) refusedOnly(c command, why string) {
	s.t.Helper()
	if c.Type == "module" {
		s.worlds[0].last = nil
	}
	if _, err := s.worlds[0].runtime.CompileModule(s.t.Context(), s.read(c)); err == nil {
		s.refused[kindOf(why)]++
	} else if c.Type != "assert_malformed" && c.Type != "assert_invalid" {
		s.t.Errorf("%s:%d %s: it does not compile: %v", s.name, c.Line, c.Type, err)
	}
}

func (s *script) read(c command) []byte {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, c.File))
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

const (
	refusedMark = "refused: "
	unheldMark  = "its module is refused"
)

var details = regexp.MustCompile(`it imports .*?, which is|\(\w+ section, .*`)

// kindOf returns a reason without what differs between modules.
func kindOf(reason string) string {
	return strings.TrimSpace(details.ReplaceAllString(strings.TrimPrefix(reason, refusedMark), ""))
}

// world is a runtime with the modules of a script.
type world struct {
	runtime  wazero.Runtime
	prepares bool
	last     api.Module // nil if it was refused
	named    map[string]api.Module
}

func newWorld(t *testing.T, suite string, prepares bool) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{prepares: prepares, named: map[string]api.Module{}, runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(api.CoreFeaturesV2))}
	t.Cleanup(func() { _ = w.runtime.Close(context.Background()) }) // memory only
	host, err := os.ReadFile(filepath.Join(suite, "testdata", "spectest.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.runtime.InstantiateWithConfig(ctx, host, wazero.NewModuleConfig().WithName("spectest")); err != nil {
		t.Fatal(err)
	}
	check := api.GoFunc(func(context.Context, []uint64) {})
	if _, err := w.runtime.NewHostModuleBuilder(guard.ImportModule).NewFunctionBuilder().WithGoFunction(check, nil, nil).Export(guard.ImportName).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	return w
}

// module instantiates a module and returns the outcome.
func (w *world) module(wasm []byte, name, as string) string {
	m, outcome := w.instantiate(wasm, as)
	w.last = m
	if name != "" {
		w.named[name] = m
	}
	return outcome
}

// attempt instantiates a module that is not used further. It stays open: others
// may hold its functions.
func (w *world) attempt(wasm []byte) string {
	_, outcome := w.instantiate(wasm, "")
	return outcome
}

func (w *world) instantiate(wasm []byte, as string) (api.Module, string) {
	ctx, p := context.Background(), &guard.Prepared{Code: wasm}
	if w.prepares {
		var err error
		if p, err = guard.Prepare(wasm); err != nil {
			return nil, refusedMark + err.Error()
		}
	}
	compiled, err := w.runtime.CompileModule(ctx, p.Code)
	if err != nil {
		return nil, "fails to compile"
	}
	m, err := w.runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(as))
	if err != nil {
		return nil, "fails to start"
	}
	if p.Image != nil {
		m.Memory().Write(0, p.Image)
	}
	if start := m.ExportedFunction(guard.StartExport); w.prepares && start != nil {
		if _, err := start.Call(ctx); err != nil {
			return nil, "fails to start"
		}
	}
	return m, "starts"
}

// perform executes the action of an assertion and returns the result as text.
func (w *world) perform(c command) string {
	m := w.last
	if c.Action.Module != "" {
		m = w.named[c.Action.Module]
	}
	switch {
	case m == nil:
		return unheldMark
	case c.Action.Type == "get":
		return fmt.Sprintf("%#x", m.ExportedGlobal(c.Action.Field).Get())
	}
	var args []uint64
	for _, a := range c.Action.Args {
		args = append(args, a.bits()...)
	}
	results, err := m.ExportedFunction(c.Action.Field).Call(context.Background(), args...)
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n")
		return "traps: " + line
	}
	return fmt.Sprintf("%#x", results)
}
