package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// completed are lines that a person has begun, and what a shell makes of their
// last word.
var completed = []struct{ line, word string }{
	{"vega ch", "check"},
	{"vega plugin b", "build"},
	{"vega help plugin b", "build"},
	{"vega check --form", "--format"},
	{"vega check --format js", "json"},
	{"vega plugin new --lang r", "rust"},
	{"vega verify --only ali", "alive"},
	{"vega inc", "incidents"},
	{"vega silence add up", "upstream"},
	{"vega silence add --alert health", "health-checks"},
	{"vega incidents --alert health", "health-checks"},
	{"vega test n", "notifier"},
	{"vega check up", "upstream"},
	{"vega check --explain up", "upstream"},
	{"vega check -c other.hcl els", "elsewhere"},
	{"vega explain VEGA007", "VEGA007"},
	{"vega docs config core.http.ur", "core.http.url"},
	{"vega validate ot", "other.hcl"},
	{"vega completion z", "zsh"},
}

// TestCompletionInBash completes in bash, without the package bash-completion.
func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	script := "source <(vega completion bash)\n" + `complete_line() {
	COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMPREPLY=()
	read -ra COMP_WORDS <<<"$1"
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	__start_vega vega 2>/dev/null
	printf '%s: %s\n' "$1" "${COMPREPLY[*]}"
}
`
	for _, c := range completed {
		script += "complete_line '" + c.line + "'\n"
	}
	out := inShell(t, realtest.Program(t, "bash", "bash"), "--norc", "-c", script)
	for _, c := range completed {
		if !strings.Contains(out, c.line+": "+c.word+"\n") && !strings.Contains(out, c.line+": "+c.word+" \n") {
			t.Errorf("%q is not completed to %q:\n%s", c.line, c.word, out)
		}
	}
}

// TestCompletionInFish completes in fish, which also shows descriptions.
func TestCompletionInFish(t *testing.T) {
	t.Parallel()
	script := "vega completion fish | source\n"
	for _, c := range completed {
		script += "echo '" + c.line + ":' (complete -C '" + c.line + "' | string split -f 1 \\t)\n"
	}
	out := inShell(t, realtest.Program(t, "fish", "fish"), "--no-config", "-c", script)
	for _, c := range completed {
		if !strings.Contains(out, c.line+": "+c.word+"\n") {
			t.Errorf("%q is not completed to %q:\n%s", c.line, c.word, out)
		}
	}
}

// TestCompletionInZsh types each line and a tab into an interactive zsh.
func TestCompletionInZsh(t *testing.T) {
	t.Parallel()
	script := `zmodload zsh/zpty
zpty z 'TERM=dumb zsh -f -i'
zpty -w z 'PS1="> "; autoload -U compinit; compinit -u -D; source <(vega completion zsh); echo rea""dy'
zpty -r z got '*ready*'
`
	for _, c := range completed {
		line := c.line[:strings.LastIndex(c.line, " ")+1] + c.word
		// The pattern blocks until zsh shows the completed line. Control-U clears it.
		script += "zpty -w -n z '" + c.line + "'$'\\t'\nzpty -r z got '*" + line + "*' && echo '" + line + "'\nzpty -w -n z $'\\x15'\n"
	}
	out := inShell(t, realtest.Program(t, "zsh", "zsh"), "-f", "-c", script+"zpty -d z\n")
	for _, c := range completed {
		if line := c.line[:strings.LastIndex(c.line, " ")+1] + c.word; !strings.Contains(out, line+"\n") {
			t.Errorf("%q is not completed to %q:\n%s", c.line, line, out)
		}
	}
}

// inShell runs a shell that finds this binary as vega, in a directory with two
// configurations.
func inShell(t *testing.T, shell string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "vega")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "vega.hcl", bound("upstream")+bound("store"))
	write(t, dir, "other.hcl", bound("elsewhere"))
	ctx, cancel := context.WithTimeout(t.Context(), realtest.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v: %s", shell, err, out)
	}
	return string(out)
}
