// Package version says which vega this program is: its version, commit and date.
// Get returns what the release build stamped, or else what the Go toolchain
// recorded.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Set by release builds, with -ldflags -X. They are built from an exported tree,
// for which the toolchain records nothing.
var (
	version  string // such as 0.1.0
	commit   string // 40 hexadecimal digits
	date     string // of the commit, RFC 3339 in UTC
	modified string // "true" if the sources differed from the commit
)

// Release describes this program.
type Release struct {
	Version  string `json:"version"`  // "(devel)" if it is not a release
	Commit   string `json:"commit"`   // "" if it is unknown
	Date     string `json:"date"`     // of the commit; "" if it is unknown
	Modified bool   `json:"modified"` // the sources differed from the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Get returns the description of this program.
func Get() Release {
	r := Release{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if version != "" {
		r.Version, r.Commit, r.Date, r.Modified = version, commit, date, modified == "true"
		return r
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return r
	}
	if info.Main.Version != "" {
		r.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			r.Commit = s.Value
		case "vcs.time":
			r.Date = s.Value
		case "vcs.modified":
			r.Modified = s.Value == "true"
		}
	}
	return r
}

// String returns one line.
func (r Release) String() string {
	text := "vega " + r.Version
	if r.Commit != "" {
		day, _, _ := strings.Cut(r.Date, "T")
		text += fmt.Sprintf(" (%s, %s", r.Commit[:min(12, len(r.Commit))], day)
		if r.Modified {
			text += ", modified"
		}
		text += ")"
	}
	return text + " " + r.Go + " " + r.Platform
}
