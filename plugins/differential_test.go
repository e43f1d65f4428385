package plugins_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"vega/daemon/realtest/compiled"
	"vega/plugins"
	"vega/plugins/guard"
)

// The rewrite preserves the behaviour of a module: with and without it, in the
// compiler and in the interpreter, every guest makes the same calls with the same
// arguments, and ends with the same result or trap and the same memory.
func TestRewriteKeepsMeaning(t *testing.T) {
	guests := map[string][]byte{"core": plugins.Core()}
	for _, pattern := range []string{"testdata/*.wasm", "testdata/guests/*.wasm"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if guests[filepath.Base(f)], err = os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	var err error
	if guests["guest"], err = guestWasm(); err != nil {
		t.Fatal(err)
	}
	engines := map[string]wazero.RuntimeConfig{
		"compiler": wazero.NewRuntimeConfigCompiler(), "interpreter": wazero.NewRuntimeConfigInterpreter(),
	}
	for name, wasm := range guests {
		t.Run(name, func(t *testing.T) {
			rewritten, err := guard.Prepare(wasm)
			if err != nil {
				t.Fatal(err)
			}
			probes := []string{"fine", "trap", "exit", "three", "silent", "details", "metric", "logs", "get", "handles", "echo", "unended", "count"}
			if name != "guest" {
				probes = []string{"0", "1", "2"}
			}
			var want []string
			for engine, config := range engines {
				for kind, module := range map[string]*guard.Prepared{"original": {Code: wasm}, "rewritten": rewritten} {
					got := traces(t, config, module, probes)
					if want == nil {
						want = got
					}
					for i := range got {
						// The maximum depth of calls differs between the engines.
						if got[i] != want[i] && !strings.Contains(got[i]+want[i], "stack overflow") {
							t.Errorf("%s in the %s, %s: %s\nelsewhere: %s", kind, engine, probes[i], got[i], want[i])
						}
					}
				}
			}
			t.Log(want)
		})
	}
}

// A rewritten module has one function more.
var shifted = regexp.MustCompile(`function\[\d+\]( export\[[^]]*\])?`)

// spoken lists the calls whose text is compared, and where its pointers are.
var spoken = map[string][]int{"message": {0}, "detail": {0, 2}, "metric": {0, 3}, "log": {1}}

// traces runs each of a module's probes in a fresh instance, on a host that answers
// every call with "not set", and returns all that they did.
func traces(t *testing.T, config wazero.RuntimeConfig, p *guard.Prepared, probes []string) []string {
	t.Helper()
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, config.WithCompilationCache(differentialCache(t)))
	defer r.Close(ctx)
	compiled, err := r.CompileModule(ctx, p.Code)
	if err != nil {
		return refusals(err, probes)
	}
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	check := api.GoFunc(func(context.Context, []uint64) {})
	if _, err := r.NewHostModuleBuilder(guard.ImportModule).NewFunctionBuilder().WithGoFunction(check, nil, nil).Export(guard.ImportName).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	calls := 0
	b := r.NewHostModuleBuilder("vega_v1")
	for _, f := range compiled.ImportedFunctions() {
		module, field, _ := f.Import()
		if module != "vega_v1" {
			continue
		}
		results := f.ResultTypes()
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, m api.Module, stack []uint64) {
			calls++
			fmt.Fprint(sum, field)
			for _, at := range spoken[field] {
				text, _ := m.Memory().Read(uint32(stack[at]), uint32(stack[at+1]))
				fmt.Fprintf(sum, " %q", text)
			}
			for i, p := range f.ParamTypes() {
				v := stack[i]
				if p == api.ValueTypeI32 {
					v = uint64(uint32(v))
				}
				fmt.Fprint(sum, " ", v)
			}
			if len(results) > 0 {
				stack[0] = api.EncodeI32(-1)
				if results[0] == api.ValueTypeI64 {
					stack[0] = uint64(time.Second)
				}
			}
		}), f.ParamTypes(), results).Export(field)
	}
	if _, err := b.Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := range probes {
		sum.Reset()
		calls = 0
		ending := perform(ctx, r, compiled, p.Image, uint64(indexOf(probes[i], i)), sum)
		out = append(out, fmt.Sprintf("%s after %d calls, %x", ending, calls, sum.Sum(nil)[:6]))
	}
	return out
}

// indexOf returns the index of a probe in the guest's manifest, or of a number.
func indexOf(probe string, otherwise int) int {
	if _, i := guestManifest().Probe(probe); i >= 0 {
		return i
	}
	return otherwise
}

type hasher interface{ Write([]byte) (int, error) }

func perform(ctx context.Context, r wazero.Runtime, compiled wazero.CompiledModule, image []byte, index uint64, sum hasher) string {
	var output bytes.Buffer
	m, err := r.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions().
		WithStdout(&output).WithStderr(&output))
	if err != nil {
		return "not instantiated: " + shifted.ReplaceAllString(firstLineOf(err), "function")
	}
	defer m.Close(ctx)
	if image != nil && !m.Memory().Write(0, image) {
		return "the image does not fit"
	}
	if start := m.ExportedFunction(guard.StartExport); start != nil {
		if _, err := start.Call(ctx); err != nil { // in the words that wazero uses for a start function
			return "not instantiated: start function failed: " + firstLineOf(err)
		}
	}
	if start := m.ExportedFunction("_initialize"); start != nil {
		if _, err := start.Call(ctx); err != nil {
			return "not initialised: " + firstLineOf(err)
		}
	}
	run := m.ExportedFunction("vega_run")
	if run == nil || len(run.Definition().ParamTypes()) != 1 {
		return "no vega_run"
	}
	ending := ""
	if result, err := run.Call(ctx, index); err != nil {
		ending = firstLineOf(err)
	} else {
		ending = fmt.Sprintf("returned %d", api.DecodeI32(result[0]))
	}
	if memory := m.Memory(); memory != nil {
		all, _ := memory.Read(0, memory.Size())
		_, _ = sum.Write(all) // a hash never fails
	}
	_, _ = sum.Write(output.Bytes())
	return ending
}

func refusals(err error, probes []string) []string {
	out := make([]string, len(probes))
	for i := range out {
		out[i] = "not compiled: " + firstLineOf(err)
	}
	return out
}

func firstLineOf(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func differentialCache(t *testing.T) wazero.CompilationCache {
	t.Helper()
	cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(compiled.Cache(), "differential"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cache.Close(context.Background()) }) // memory only
	return cache
}
