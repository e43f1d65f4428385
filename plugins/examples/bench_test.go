package examples_test

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/plugins/build"
	"vega/plugins/examples"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
)

// together is the number of concurrent runs whose memory is measured.
const together = 200

// BenchmarkLanguages compares the same probe in each language: the size of its
// module, the time to compile it, the time of a fresh run, and how many runs
// waiting for their target fit in a GiB, including the host's share.
func BenchmarkLanguages(b *testing.B) {
	for _, l := range examples.Languages() {
		b.Run(string(l), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "mine")
			if _, err := examples.Write(dir, "mine", l); err != nil {
				b.Fatal(err)
			}
			wasm := compile(b, dir)
			began := time.Now()
			k, err := plugintest.Open(b.Context(), wasm, plugintest.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer k.Close()
			cold := time.Since(began)
			c, err := plugintest.ReadCase(filepath.Join(dir, "tests", "waiting.json"))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if r, err := k.Replay(b.Context(), c); err != nil || r.Status != "healthy" {
					b.Fatal(err, r)
				}
			}
			b.ReportMetric(float64(len(wasm))/1000, "kB")
			b.ReportMetric(float64(cold.Microseconds())/1000, "ms/compile")
			b.ReportMetric(float64(1<<30)/held(b, k, c), "runs/GiB")
		})
	}
}

// most is the memory that a waiting run may take in each language, in KiB, about half
// as much again as it takes; .ci/bench/README.md has the figures.
var most = map[build.Language]float64{build.Go: 200, build.Rust: 64, build.C: 56, build.AssemblyScript: 200}

// TestWaitingRunsTakeLittleMemory measures the memory of a run that waits for its target.
// A machine that is too slow to start all runs in time only makes it less.
func TestWaitingRunsTakeLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 5 s for each language")
	}
	for _, l := range examples.Languages() {
		t.Run(string(l), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mine")
			if _, err := examples.Write(dir, "mine", l); err != nil {
				t.Fatal(err)
			}
			k, err := plugintest.Open(t.Context(), compile(t, dir), plugintest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			c, err := plugintest.ReadCase(filepath.Join(dir, "tests", "waiting.json"))
			if err != nil {
				t.Fatal(err)
			}
			kib := held(t, k, c) / 1024
			t.Logf("%.0f KiB for each waiting run", kib)
			if kib > most[l] {
				t.Errorf("a waiting run takes %.0f KiB, at most %.0f are allowed", kib, most[l])
			}
		})
	}
}

// held returns the memory of a waiting run, in bytes.
func held(b testing.TB, k *plugintest.Kit, c *plugintest.Case) float64 {
	waiting := *c
	waiting.Timeout = manifest.Duration(4 * time.Second)
	waiting.World.HTTP = []plugintest.Exchange{{Method: "GET", URL: c.World.HTTP[0].URL, Failed: &plugintest.Failure{Kind: "timeout", Text: "timed out"}}}
	before := private(b)
	var all sync.WaitGroup
	for range together {
		all.Go(func() {
			if _, err := k.Replay(b.Context(), &waiting); err != nil {
				b.Error(err)
			}
		})
	}
	time.Sleep(3 * time.Second)
	after := private(b)
	all.Wait()
	return (after - before) / together
}

// private returns the unshared memory of this process.
func private(b testing.TB) float64 {
	debug.FreeOSMemory()
	f, err := os.Open("/proc/self/smaps_rollup")
	if err != nil {
		b.Skip(err)
	}
	defer f.Close()
	sum := 0.0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && (fields[0] == "Private_Dirty:" || fields[0] == "Private_Clean:") {
			kb, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				b.Fatal(err)
			}
			sum += kb * 1024
		}
	}
	return sum
}
