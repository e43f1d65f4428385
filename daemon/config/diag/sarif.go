package diag

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf8"
)

// WriteSARIF writes a SARIF 2.1.0 log of one run, for code scanning. version is
// vega's version. root is an absolute directory: files below it are named
// relative to it, so that the log does not depend on where a repository is.
//
// Braces in messages are not doubled, although SARIF uses them for placeholders:
// no message has arguments, and viewers show them as they are.
func (ds Diagnostics) WriteSARIF(w io.Writer, version, root string) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "vega", Version: version, Rules: sarifRules()}
	run.Bases = map[string]sarifArtifact{srcRoot: {URI: strings.TrimSuffix(fileURI(root), "/") + "/"}}
	done := true
	for i := range ds {
		run.Results = append(run.Results, ds[i].sarif(root))
		done = done && ds[i].Code != Unreadable
	}
	run.Invocations = []sarifInvocation{{done}}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	srcRoot     = "%SRCROOT%" // the usual name of the base
)

type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Invocations []sarifInvocation        `json:"invocations"`
		Bases       map[string]sarifArtifact `json:"originalUriBaseIds"`
		ColumnKind  string                   `json:"columnKind"`
		Results     []sarifResult            `json:"results"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Full  sarifText `json:"fullDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct {
		Successful bool `json:"executionSuccessful"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     Severity        `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
		Fixes     []sarifFix      `json:"fixes,omitempty"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted sarifText   `json:"insertedContent"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
		Context  *sarifContext `json:"contextRegion,omitempty"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
		ByteOffset  int `json:"byteOffset"`
		ByteLength  int `json:"byteLength"`
	}
	sarifContext struct {
		StartLine int       `json:"startLine"`
		Snippet   sarifText `json:"snippet"`
	}
)

// sarifRules returns every code, so that a log also says what was checked.
var sarifRules = sync.OnceValue(func() []sarifRule {
	out := make([]sarifRule, len(Codes))
	for i, c := range Codes {
		e := Explain(c.Code)
		out[i] = sarifRule{string(c.Code), sarifText{Text: c.Title}, sarifText{Text: e.Summary()}, sarifText{e.Plain(), e.Markdown}}
	}
	return out
})

func (d *Diagnostic) sarif(root string) sarifResult {
	at := sarifPhysical{Artifact: sarifFile(d.Range.Filename, root), Region: d.Range.sarif()}
	if d.wholeLine() {
		at.Context = &sarifContext{d.Range.Start.Line, sarifText{Text: d.Snippet}}
	}
	return sarifResult{
		RuleID: string(d.Code), RuleIndex: d.Code.index(), Level: d.Severity,
		Message: sarifText{Text: d.sentences()}, Locations: []sarifLocation{{at}}, Fixes: d.sarifFixes(at.Artifact),
	}
}

// sarifFixes returns the edits, which are all in the diagnostic's own file.
func (d *Diagnostic) sarifFixes(in sarifArtifact) []sarifFix {
	if len(d.Edits) == 0 {
		return nil
	}
	change := sarifChange{Artifact: in}
	for _, e := range d.Edits {
		change.Replacements = append(change.Replacements, sarifReplacement{e.Range.sarif(), sarifText{Text: e.Text}})
	}
	return []sarifFix{{sarifText{Text: d.Fix}, []sarifChange{change}}}
}

func (r Range) sarif() sarifRegion {
	s, e := r.Start, r.End
	return sarifRegion{s.Line, s.Column, e.Line, e.Column, s.Byte, e.Byte - s.Byte}
}

// wholeLine reports whether the snippet is a complete line that contains the
// range, as a context has to be.
func (d *Diagnostic) wholeLine() bool {
	n := utf8.RuneCountInString(d.Snippet)
	return d.Range.Start.Line == d.Range.End.Line && d.caret == d.Range.Start.Column-1 && n < maxSnippet && d.width < n
}

func (c Code) index() int {
	for i := range Codes {
		if Codes[i].Code == c {
			return i
		}
	}
	return -1
}

// sarifFile names a file below root relative to it, and any other by its path.
func sarifFile(name, root string) sarifArtifact {
	full := name
	if !filepath.IsAbs(full) {
		full = filepath.Join(root, full)
	}
	if rel, err := filepath.Rel(root, full); err == nil && filepath.IsLocal(rel) {
		u := url.URL{Path: filepath.ToSlash(rel)}
		return sarifArtifact{u.String(), srcRoot}
	}
	return sarifArtifact{URI: fileURI(full)}
}

func fileURI(path string) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Clean(path))}
	return u.String()
}
