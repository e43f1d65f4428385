package docs

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// TestEveryFenceHasARunner checks that the parser missed no fence: each one in sh or
// console has a command that a test runs, and each command has a place to run.
func TestEveryFenceHasARunner(t *testing.T) {
	for _, p := range pages(t) {
		text, err := os.ReadFile(p.name)
		if err != nil {
			t.Fatal(err)
		}
		ran := map[int]bool{}
		for _, s := range p.steps {
			ran[s.line] = true
		}
		begins := 0
		for i, line := range strings.Split(string(text), "\n") {
			mark := strings.TrimLeft(line, " \t>")
			switch {
			case !strings.HasPrefix(mark, "```") && !strings.HasPrefix(mark, "~~~"):
				if begins > 0 && ran[i+1] {
					begins = 0
				}
			case begins > 0:
				t.Errorf("%s:%d: nothing runs this fence", p.name, begins)
				begins = 0
			case strings.HasSuffix(mark, "sh") || strings.HasSuffix(mark, "console"):
				begins = i + 1
			}
		}
	}
}

// typed matches the beginning of a command that a reader would type.
var typed = regexp.MustCompile(`^\s*(?:\$ |(?:vega|sudo|systemctl|journalctl|docker|kubectl|curl|apt|apt-get|tar|install|useradd|chmod|chown|cp|rm|mkdir)\s+[-\w./"'$*])`)

// TestCommandsAreInFencesThatRun checks that no command stands in a fence that
// nothing runs.
func TestCommandsAreInFencesThatRun(t *testing.T) {
	for _, p := range pages(t) {
		text, err := os.ReadFile(p.name)
		if err != nil {
			t.Fatal(err)
		}
		language := ""
		for i, line := range strings.Split(string(text), "\n") {
			if m := fence.FindStringSubmatch(line); m != nil {
				language = m[3]
			} else if shown[language] && typed.MatchString(line) {
				t.Errorf("%s:%d: nothing runs this command, because it is in a fence in %s: %s", p.name, i+1, language, line)
			}
		}
	}
}

// follows returns what is wrong with the text of a page.
func follows(t *testing.T, text string) error {
	t.Helper()
	realtest.Program(t, "bash", "bash")
	p, err := parse(t.Context(), "page.md", text)
	if err != nil {
		return err
	}
	dir := t.TempDir()
	return (&runner{page: p, dir: dir, keep: t.TempDir(), ports: func(s string) string { return s }, inside: func(ctx context.Context, script string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "bash", "-c", script)
		cmd.Dir = dir
		return cmd
	}}).run(t.Context())
}

const host = "<!-- runs on: host -->\n"

// TestGoodPages checks what a page may have.
func TestGoodPages(t *testing.T) {
	for name, text := range map[string]string{
		"variables and directories last":     "```sh\nmkdir d\ncd d\nx=1\n```\ntext\n```sh\ntest \"$x\" = 1\ntest ! -e d\n```\n",
		"a here-document":                    "```sh\ncat >f <<'END'\n# $x\nEND\ngrep -q '^# [$]x' f\n```\n",
		"a loop and a continued line":        "```sh\nfor i in 1 2; do\n  echo $i\ndone\ntest \\\n  1 = 1\n```\n",
		"a comment in a fence":               "```sh\n# nothing to do\ntrue # really\n```\n",
		"a session":                          "```console\n$ echo a  b\na b\n$ true\n$ printf '%s\\n' 1 2 3\n1\n…\n3\n```\n",
		"other times, sizes and IDs":         "```console\n$ echo took 17.2ms 4 KiB 0123456789abcdef 2026-01-02T03:04:05Z\ntook 900µs 12 KiB ffffffffffff 1999-12-31T23:59:59Z\n```\n",
		"a part of a line":                   "```console\n$ echo '{\"a\":1,\"b\":2}'\n{\"a\":1,…}\n```\n",
		"set-up in a comment":                "<!-- test: x=1 -->\n<!-- test:\ny=2\nz=3\n-->\n```sh\ntest $x$y$z = 123\n```\n",
		"an exit code":                       "<!-- exits: 3 -->\n```sh\ntrue\n(exit 3)\n```\n",
		"an exit code of the machine":        "<!-- exits: any -->\n```sh\nfalse\n```\n```sh\ntrue\n```\n",
		"a file":                             "<!-- write: f -->\n```json\n{}\n```\n<!-- append: f -->\n```json\n[]\n```\n```console\n$ cat f\n{}\n\n[]\n```\n",
		"a command in the background":        "<!-- background -->\n```console\n$ sleep 1000\n```\n```sh\ntrue\n```\n",
		"a fence in a list":                  "- a\n  ```sh\n  cat >f <<END\n  a\n  END\n  ```\n\n```console\n$ cat f\na\n```\n",
		"a fence that holds no commands":     "```hcl\na = 1\n```\n",
		"a child that keeps the output open": "```sh\nsleep 1000 &\n```\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := follows(t, host+text); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBadPages checks what is reported of a page that doesn't work, and where.
func TestBadPages(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a failing command":           {"```sh\ntrue\necho why >&2; false\n```\n", "page.md:4: failed: exit status 1\n$ echo why >&2; false\nwhy\n"},
		"a failing part of a pipe":    {"```sh\nfalse | true\n```\n", "page.md:3: failed"},
		"an unset variable":           {"```sh\necho $x\n```\n", "page.md:3: failed"},
		"a failing set-up":            {"<!-- test:\nfalse\n-->\n```sh\ntrue\n```\n", "page.md:2: failed"},
		"a page that ends early":      {"```sh\nexit 0\ntrue\n```\n", "page.md:3: failed"},
		"another exit code":           {"<!-- exits: 3 -->\n```sh\n(exit 4)\n```\n", "page.md:4: failed: exit status 1\n$ (exit 4)\nexit code 4 instead of 3"},
		"success instead of failure":  {"<!-- exits: 3 -->\n```sh\ntrue\n```\n", "exit code 0 instead of 3"},
		"another word":                {"```console\n$ echo a b\na c\n```\n", "page.md:3: the output is not like the sample\n$ echo a b\nthe page has\na c\n\nthe command prints\na b"},
		"a line that is missing":      {"```console\n$ echo a\na\nb\n```\n", "not like the sample"},
		"a line that is not shown":    {"```console\n$ printf '%s\\n' a b\na\n```\n", "not like the sample"},
		"a word instead of a number":  {"```console\n$ echo none\n12\n```\n", "not like the sample"},
		"an unknown language":         {"```bash\ntrue\n```\n", `page.md:2: nothing runs a fence in "bash"`},
		"no language":                 {"```\ntrue\n```\n", `page.md:2: nothing runs a fence in ""`},
		"an empty fence":              {"```sh\n# nothing\n```\n", "page.md:2: the fence has no command"},
		"a session without a command": {"```console\nvega check\n```\n", "line 3 is output before the first command"},
		"an unfinished command":       {"```sh\ncat <<END\n```\n", "the command in line 3 has no end"},
		"an unfinished fence":         {"```sh\ntrue\n", "page.md:2: the fence has no end"},
		"an unfinished comment":       {"<!-- test: true\n", "page.md:2: the comment has no end"},
		"an unknown comment":          {"<!-- tests: true -->\n", "page.md:2: unknown comment"},
		"a comment without its fence": {"<!-- exits: 2 -->\ntext\n", "page.md:2: no fence follows"},
		"a bad exit code":             {"<!-- exits: x -->\n", `page.md:2: exits takes an exit code from 1 to 255 or any, not "x"`},
		"a second place":              {"<!-- runs on: debian -->\n", "page.md:2: runs on is in the first line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := follows(t, host+c.text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\ninstead of %q", err, c.want)
			}
		})
	}
	if err := follows(t, "```sh\ntrue\n```\n"); err == nil || !strings.Contains(err.Error(), "page.md:1: a page with commands begins with") {
		t.Error(err)
	}
}

// TestFailuresShowNoKey checks that the key of a page's vega is not in what the test prints.
func TestFailuresShowNoKey(t *testing.T) {
	err := follows(t, host+"```sh\nmkdir .vega\necho 0123456789abcdef >.vega/api_key\ncat .vega/api_key; false\n```\n")
	if err == nil || strings.Contains(err.Error(), "0123456789abcdef\n(") || !strings.Contains(err.Error(), "(key)") {
		t.Error(err)
	}
}

// TestPortsAreReplaced checks that a page gets a free port for each of its own, the
// same one everywhere.
func TestPortsAreReplaced(t *testing.T) {
	n := 0
	ports := []string{"20001", "20002"}
	replace := onFreePorts(page{steps: []step{{text: "curl http://127.0.0.1:9000/x"}}}, func() string { n++; return ports[n-1] })
	if got := replace("serve --port 8000; python3 r.py 9000; curl localhost:9000; echo 80001 9001"); got != "serve --port 20001; python3 r.py 20002; curl localhost:20002; echo 80001 9001" {
		t.Error(got)
	}
}

// TestStandInsAreExecutable checks that the programs in testdata can be run.
func TestStandInsAreExecutable(t *testing.T) {
	all, err := filepath.Glob("testdata/*/*")
	if err != nil || len(all) == 0 {
		t.Fatal("no programs", err)
	}
	for _, path := range all {
		if info, err := os.Stat(path); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s is not executable: %v", path, err)
		}
	}
}

// TestFiguresAreMeasured checks that each number in the tables of measurements on the
// page about sizing is on the page of the benchmarks, too.
func TestFiguresAreMeasured(t *testing.T) {
	page, err1 := os.ReadFile("sizing.md")
	bench, err2 := os.ReadFile("../../.ci/bench/README.md")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	_, tables, ok1 := strings.Cut(string(page), "\n## CPU and memory\n")
	tables, _, ok2 := strings.Cut(tables, "\n## Disk\n")
	if !ok1 || !ok2 {
		t.Fatal("the sections of sizing.md have other names")
	}
	number := regexp.MustCompile(`\d[\d,.]*\d|\d`)
	measured := map[string]bool{}
	for _, n := range number.FindAllString(string(bench), -1) {
		measured[n] = true
	}
	found := 0
	for line := range strings.Lines(tables) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		for _, n := range number.FindAllString(line, -1) {
			found++
			if !measured[n] {
				t.Errorf("%s is not in .ci/bench/README.md: %s", n, line)
			}
		}
	}
	if found < 30 {
		t.Errorf("found only %d numbers", found)
	}
}
