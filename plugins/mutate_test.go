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

	"vega/plugins"
	"vega/plugins/binary"
	"vega/plugins/manifest"
)

const mutationsVariable, mutantVariable = "VEGA_MUTATIONS", "VEGA_MUTANTS"

// mutants says which mutations a child process tries.
type mutants struct {
	First, Count int
	Core         bool // the bundled plugin too, which takes a second each
}

// Mutations of real modules, through all that a dropped-in file goes through:
// none ends the process. VEGA_MUTATIONS says how many; a thousand take about
// ten seconds.
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
	ended := make(chan struct{})
	go watch(cmd.Process, ended)
	err = cmd.Wait()
	close(ended)
	return out.Bytes(), err
}

// TestMutationChild is the child process of TestMutations.
func TestMutationChild(t *testing.T) {
	var which mutants
	if err := json.Unmarshal([]byte(os.Getenv(mutantVariable)), &which); err != nil {
		return // it is for the child process of TestMutations
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
		got := m.Run(t.Context(), plugins.Input{Integration: "i", Probe: m.Manifest.Probes[0].Name, Timeout: 200 * time.Millisecond})
		if late := got.Took - 200*time.Millisecond; late > 2*time.Second {
			t.Errorf("mutant %d ended %v past its deadline: %+v", n, late, got)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
	fmt.Printf("mutants: %d refused, %d ran\n", refused, ran)
}

// mutable are the modules that mutations start from: those that load.
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
			if err != nil || strings.Contains(f, "initialize") || strings.Contains(f, "start") { // these take their time to load
				continue
			}
			if m, err := s.Load(t.Context(), packed); err == nil {
				bases = append(bases, b)
				_ = m.Close() // only unmaps code
			}
		}
	}
	if withCore {
		bases = append(bases, plugins.Core())
	}
	return bases
}

// mutant is the mutation with a number: always the same.
func mutant(bases [][]byte, n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // for repetition, not for secrecy
	base := bases[r.IntN(len(bases))]
	if len(base) > 1<<20 && r.IntN(4) > 0 { // the large one is slow
		base = bases[0]
	}
	b := bytes.Clone(base)
	for range 1 + r.IntN(5)/3 {
		b = once(r, b)
	}
	packed, err := manifest.Pack(b, &manifest.Manifest{ABI: "vega_v1", Name: "m", Version: "1", Probes: []manifest.Probe{{Name: "p"}}})
	if err != nil {
		return b
	}
	return packed
}

// once is one mutation: bytes, a number made large, a cut, or sections that
// change places.
func once(r *rand.Rand, b []byte) []byte {
	if len(b) < 16 {
		return b
	}
	at := 8 + r.IntN(len(b)-8)
	switch r.IntN(9) {
	case 0, 7, 8:
		b[at] ^= 1 << r.IntN(8)
	case 1:
		b[at] = byte(r.Uint32())
	case 2:
		return append(b[:at:at], append(leb(1<<r.IntN(33)-1), b[at+1:]...)...)
	case 3:
		return b[:at]
	case 4:
		n := min(r.IntN(16), len(b)-at)
		return append(b[:at:at], b[at+n:]...)
	case 5:
		n := min(r.IntN(64), len(b)-at)
		return append(b[:at:at], append(bytes.Clone(b[at:at+n]), b[at:]...)...)
	default:
		return reorder(r, b)
	}
	return b
}

func leb(n uint64) (b []byte) {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// reorder changes bytes within one section, so that its size stays right, or
// drops or repeats it.
func reorder(r *rand.Rand, b []byte) []byte {
	type section struct {
		id   byte
		body []byte
	}
	var all []section
	if err := binary.Sections(b, func(id byte, body *binary.Reader) error {
		all = append(all, section{id, bytes.Clone(body.Rest())})
		return nil
	}); err != nil || len(all) == 0 {
		return b
	}
	i, j := r.IntN(len(all)), r.IntN(len(all))
	switch body := all[i].body; r.IntN(4) {
	case 0:
		all[i], all[j] = all[j], all[i]
	case 1:
		all[i] = all[j]
	default:
		if len(body) > 0 {
			at := r.IntN(len(body))
			all[i].body = append(body[:at:at], append(leb(1<<r.IntN(33)-1), body[at+1:]...)...)
		}
	}
	out := binary.Header()
	for _, s := range all {
		out = binary.AppendSection(out, s.id, s.body)
	}
	return out
}
