package guard_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"vega/plugins/guard"
)

// prepared is, by Version, the digest of Prepare's output for the modules kept
// for tests.
var prepared = map[string]string{"2": "a6437b38409f4d209f0e7a2b34e44a24fc42b9db32df334c2df47a04de8ddc03"}

// The cache stores prepared modules by Version: when Prepare's output or its
// refusals change, Version must change.
func TestVersionChangesWithOutput(t *testing.T) {
	sum := sha256.New()
	for _, pattern := range []string{"../testdata/*.wasm", "../testdata/guests/*.wasm"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p, err := guard.Prepare(b)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			facts, err := json.Marshal(p.Facts)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(sum, filepath.Base(file), string(facts), len(p.Code), len(p.Image))
			sum.Write(p.Code)
			sum.Write(p.Image)
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); prepared[guard.Version] != got {
		t.Errorf("the output of Prepare version %s changed: increment Version, unless only the modules changed, and record the digest %s", guard.Version, got)
	}
}
