package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	codeFence    = regexp.MustCompile("(?ms)^```.*?^```")
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading      = regexp.MustCompile(`(?m)^#+ +(.+)$`)
)

// TestLinksResolve checks that the relative links in the Markdown files of this
// repository lead to files, and their fragments to headings.
func TestLinksResolve(t *testing.T) {
	t.Parallel()
	const root = "../.."
	checked := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := e.Name(); e.IsDir() && (name == ".git" || name == "testdata" || name == "node_modules") {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			checked += checkLinks(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 30 {
		t.Errorf("checked only %d links", checked)
	}
}

// checkLinks checks the relative links of one file and returns their number.
func checkLinks(t *testing.T, path string) (checked int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range markdownLink.FindAllStringSubmatch(codeFence.ReplaceAllString(string(text), ""), -1) {
		if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
			continue
		}
		checked++
		target, fragment, _ := strings.Cut(m[1], "#")
		to := path
		if target != "" {
			to = filepath.Join(filepath.Dir(path), target)
		}
		if _, err := os.Stat(to); err != nil {
			t.Errorf("%s: the link %s leads nowhere: %v", path, m[1], err)
			continue
		}
		if fragment != "" && !headings(t, to)[fragment] {
			t.Errorf("%s: the link %s leads to no heading", path, m[1])
		}
	}
	return checked
}

// headings returns the fragments of the headings in a Markdown file, as GitHub
// forms them.
func headings(t *testing.T, path string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(codeFence.ReplaceAllString(string(text), ""), -1) {
		all[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			default:
				return -1
			}
		}, m[1])] = true
	}
	return all
}
