package examples_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/config"
	"vega/daemon/realtest/cases"
	"vega/daemon/realtest/compiled"
	"vega/plugins"
	"vega/plugins/build"
	"vega/plugins/examples"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
)

// mistake is a mistake that authors make in a working project.
type mistake struct {
	name     string
	language build.Language
	file     string // to change; "" for the source
	from, to string
	refused  string // why vega refuses the module; "" if it loads
	message  string // the message of a run
	wrong    string // what `vega plugin test` reports
}

const (
	cProbe  = "static vega_status queue(void) {\n"
	goProbe = "func queue(r *sdk.Run) sdk.Result {\n"
)

var mistakes = []mistake{
	{
		name: "a capability that plugin.hcl does not declare", language: build.C, file: "plugin.hcl", from: `capability "http"`, to: `capability "dns"`,
		refused: `it imports calls of the capability "http", which none of its probes declares; add a capability "http" block with a reason to plugin.hcl`,
	},
	{
		name: "vega_run with another signature", language: build.C, from: `VEGA_PROBES({"queue", queue})`,
		to:      `__attribute__((export_name("vega_run"))) int32_t vega_run(int32_t a, int32_t b) { return a + b + queue(); }`,
		refused: "its vega_run must take one i32 and return one i32",
	},
	{
		name: "no vega_run", language: build.C, from: `VEGA_PROBES({"queue", queue})`, to: `__attribute__((export_name("queue"))) int32_t run(void) { return queue(); }`,
		refused: "it does not export vega_run(i32) -> i32",
	},
	{
		name: "a probe of another name than in plugin.hcl", language: build.C, from: `{"queue", queue}`, to: `{"queues", queue}`,
		message: `the plugin registers no probe "queue", which its manifest declares: add it to VEGA_PROBES`,
	},
	{
		name: "a panic", language: build.Go, from: goProbe, to: goProbe + "\tvar none []int\n\t_ = none[len(r.String(\"url\"))]\n",
		message: "the probe crashed: ", wrong: "index out of range [",
	},
	{
		name: "a trap", language: build.C, from: cProbe, to: cProbe + "\t__builtin_trap();\n",
		message: "the probe crashed: unreachable",
	},
	{
		name: "an endless loop", language: build.C, from: cProbe, to: cProbe + "\tfor (volatile int i = 0;; i++) {}\n",
		message: "the probe computed for more than 500ms and was stopped",
	},
	{
		name: "a huge message", language: build.C, from: cProbe, to: cProbe + "\tstatic char big[70000];\n\tmemset(big, 'x', sizeof big);\n\tvega_raw_message(big, 2000);\n",
		message: "the probe exceeded a limit on its output: a message of more than 1 KiB",
	},
	{
		name: "too many details", language: build.C, from: cProbe, to: cProbe + "\tfor (char n[2] = \"0\"; n[0] < 127; n[0]++) vega_detail(n, n);\n",
		message: "the probe exceeded a limit on its output: more than 64 details",
	},
	{
		name: "an option that plugin.hcl does not declare", language: build.C, from: `vega_string("url", url, sizeof url);`, to: `vega_string("ulr", url, sizeof url);`,
		message: `could not check : the request has no URL; the probe reads the option "ulr", which plugin.hcl does not declare`,
		wrong:   `it reads the option "ulr", which plugin.hcl does not declare for the probe queue, so it is never set`,
	},
	{
		name: "handles that are never closed", language: build.C, from: cProbe,
		to:      cProbe + "\tfor (int i = 0; i < 17; i++) {\n\t\tvega_request r = vega_http(\"GET\", \"http://jobs.example/status\");\n\t\tif (r < 0) return vega_failed(\"http://jobs.example\", r);\n\t}\n",
		message: "could not check http://jobs.example: quota exceeded: 16 handles are already open, the maximum; close those no longer needed",
	},
	{
		name: "an error that is not looked at", language: build.C, from: "\tif (answer < 0) return vega_failed(url, answer);\n", to: "\tif (answer < 0) return vega_healthy(\"fine\");\n",
		wrong: "healthy, although a call failed: check the result of each call",
	},
	{
		name: "a message that says nothing", language: build.C, from: "\tif (answer < 0) return vega_failed(url, answer);\n", to: "\tif (answer < 0) return vega_unhealthy(\"error %d\", (int)answer);\n",
		wrong: "its message is only a code: error -4; describe the problem",
	},
	{
		name: "a message that names nothing", language: build.C, from: "\tif (answer < 0) return vega_failed(url, answer);\n", to: "\tif (answer < 0) return vega_unhealthy(\"the connection has failed\");\n",
		wrong: "its message does not name the target: the connection has failed",
	},
	{
		name: "a fault of the target taken for the probe's", language: build.C, from: "\tif (answer < 0) return vega_failed(url, answer);\n", to: "\tif (answer < 0) return vega_unknown(\"%s does not answer as it should\", url);\n",
		wrong: "unknown, although the target is at fault: return unhealthy; the SDK's failed function tells the two apart",
	},
}

// TestMistakes makes each mistake and checks what the author is shown,
// verbatim.
func TestMistakes(t *testing.T) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "mine")
			if _, err := examples.Write(dir, "mine", m.language); err != nil {
				t.Fatal(err)
			}
			m.make(t, dir)
			wasm := compile(t, dir)
			k, err := plugintest.Open(context.Background(), wasm, plugintest.Options{CacheDir: compiled.Cache()})
			if m.refused != "" {
				if err == nil || err.Error() != m.refused {
					t.Fatalf("the error is %v", err)
				}
				if i := plugins.Inspect(wasm); !strings.Contains(m.name, "signature") && (len(i.Refused) == 0 || !strings.HasPrefix(m.refused, i.Refused[0])) {
					t.Errorf("inspect reports %q", i.Refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer k.Close()
			m.judge(t, k, filepath.Join(dir, "tests", "waiting.json"))
		})
	}
}

func (m mistake) make(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, m.file)
	if m.file == "" {
		path = filepath.Join(dir, map[build.Language]string{build.Go: "main.go", build.C: "main.c"}[m.language])
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(b), m.from) {
		t.Fatalf("%s has no %q", path, m.from)
	}
	text := strings.Replace(string(b), m.from, m.to, 1)
	if m.file == "plugin.hcl" {
		text = strings.NewReplacer("from    = [\"url\"]", "hosts   = [\"example.com\"]", "    methods = [\"GET\"]\n", "").Replace(text)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (m mistake) judge(t *testing.T, k *plugintest.Kit, path string) {
	t.Helper()
	c, err := plugintest.ReadCase(path)
	if err != nil {
		t.Fatal(err)
	}
	run := cases.Replay(t, k, c)
	said := append(c.Differs(run), run.Message)
	if len(c.Differs(run)) == 0 {
		verdicts, err := k.Faults(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range verdicts {
			said = append(said, v.Wrong)
		}
	}
	all := strings.Join(said, "\n")
	if m.message != "" && !strings.HasPrefix(run.Message, m.message) || !strings.Contains(all, m.wrong) {
		t.Errorf("the test reports: %s", all)
	}
	t.Log(run.Message)
}

// A missing manifest is reported when the plugin is built, and by anyone who is
// given a module without one.
func TestMissingManifest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	if _, err := examples.Write(dir, "mine", build.C); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "plugin.hcl")); err != nil {
		t.Fatal(err)
	}
	if _, diags := config.LoadManifest(filepath.Join(dir, "plugin.hcl")); !diags.HasErrors() || !strings.HasPrefix(diags[0].Fix, "create a plugin.hcl next to the plugin's source") {
		t.Errorf("%+v", diags)
	}
	_, err := manifest.Read([]byte("\x00asm\x01\x00\x00\x00"))
	if want := "there is no vega.manifest section; build the plugin with `vega plugin build`"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}
