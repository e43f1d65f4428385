package plugins_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/testdata/hostile"
)

const mutationsVariable, mutantVariable = "VEGA_MUTATIONS", "VEGA_MUTANTS"

// mutants selects the mutations that a child process tries.
type mutants struct {
	First, Count int
	Core         bool // the bundled plugin too, which takes a second for each
}

// Mutations of real modules pass through all that an installed file does, and none
// ends the process. VEGA_MUTATIONS sets how many; a thousand take about ten seconds.
func TestMutations(t *testing.T) {
	const part = 1000
	total := 500
	if s := os.Getenv(mutationsVariable); s != "" {
		var err error
		if total, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	deaths, refused, ran := 0, 0, 0
	for first := 0; first < total; first += part {
		text, err := json.Marshal(mutants{first, min(part, total-first), total > part})
		if err != nil {
			t.Fatal(err)
		}
		out, err := mutate(t, string(text))
		if err != nil {
			deaths++
			at := append([][][]byte{{nil, []byte("none yet")}}, regexp.MustCompile(`mutant (\d+)\n`).FindAllSubmatch(out, -1)...)
			t.Errorf("the process died (%v) at mutant %s:\n%s", err, at[len(at)-1][1], tail(regexp.MustCompile(`mutant \d+\n`).ReplaceAllString(string(out), "")))
			continue
		}
		var r, n int
		if at := bytes.LastIndex(out, []byte("mutants: ")); at >= 0 {
			_, _ = fmt.Sscanf(string(out[at:]), "mutants: %d refused, %d ran", &r, &n) // zeros fail below
		}
		refused, ran = refused+r, ran+n
	}
	t.Logf("%d mutants: %d refused, %d ran, %d process deaths", total, refused, ran, deaths)
	if deaths == 0 && (refused+ran != total || ran < total/100) {
		t.Errorf("%d refused and %d ran of %d", refused, ran, total)
	}
}

func mutate(t *testing.T, which string) ([]byte, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestMutationChild$", "-test.v", "-test.count=1", "-test.timeout=0")
	cmd.Env = append(os.Environ(), mutantVariable+"="+which, "TMPDIR="+t.TempDir())
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	err = watched(cmd, time.Hour)
	return out.Bytes(), err
}

// TestMutationChild is the child process of TestMutations.
func TestMutationChild(t *testing.T) {
	var which mutants
	if err := json.Unmarshal([]byte(os.Getenv(mutantVariable)), &which); err != nil {
		return // only the child process runs it
	}
	limitAddressSpace(t)
	s, err := plugins.Open(t.Context(), plugins.Options{CPUBudget: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	bases := mutable(t, s, which.Core)
	refused, ran := 0, 0
	for n := which.First; n < which.First+which.Count; n++ {
		fmt.Printf("mutant %d\n", n)
		m, err := s.Load(t.Context(), mutant(bases, n))
		if err != nil {
			refused++
			continue
		}
		ran++
		began := realtest.Spent(t)
		got := m.Run(t.Context(), plugins.Input{Integration: "i", Probe: m.Manifest.Probes[0].Name, Timeout: 200 * time.Millisecond})
		if used := realtest.Spent(t) - began; used > 3*time.Second {
			t.Errorf("mutant %d used %v of processor time in its 200 ms: %+v", n, used, got)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	fmt.Printf("mutants: %d refused, %d ran\n", refused, ran)
}

// mutable returns the modules that load, from which mutations start.
func mutable(t testing.TB, s *plugins.Sandbox, withCore bool) (bases [][]byte) {
	t.Helper()
	for _, pattern := range []string{"testdata/*.wasm", "testdata/hostile/*.wasm"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			packed, err := manifest.Pack(b, &manifest.Manifest{ABI: "vega_v1", Name: "m", Version: "1", Probes: []manifest.Probe{{Name: "p"}}})
			if err != nil || strings.Contains(f, "initialize") || strings.Contains(f, "start") { // these take long to load
				continue
			}
			if m, err := s.Load(t.Context(), packed); err == nil {
				bases = append(bases, b)
				_ = m.Close() // it only unmaps code
			}
		}
	}
	if withCore {
		bases = append(bases, plugins.Core())
	}
	return bases
}

// mutant returns the mutation with a number, which is always the same.
func mutant(bases [][]byte, n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // it has to be repeatable, not secret
	base := bases[r.IntN(len(bases))]
	if len(base) > 1<<20 && r.IntN(4) > 0 { // the large one is slow
		base = bases[0]
	}
	b := bytes.Clone(base)
	for range 1 + r.IntN(5)/3 {
		b = hostile.Mutate(r, b)
	}
	packed, err := manifest.Pack(b, &manifest.Manifest{ABI: "vega_v1", Name: "m", Version: "1", Probes: []manifest.Probe{{Name: "p"}}})
	if err != nil {
		return b
	}
	return packed
}
