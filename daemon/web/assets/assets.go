// Package assets embeds the style, the scripts and the icons of the pages.
package assets

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"
)

//go:embed *.css *.js *.svg vendor/*.js vendor/*.css
var files embed.FS

// asset is a file.
type asset struct {
	content []byte
	kind    string // its media type
}

// byName has the files by names that have a digest, and named these names by their own.
var byName, named = load()

var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

func load() (byName map[string]asset, named map[string]string) {
	byName, named = map[string]asset{}, map[string]string{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		if path.Ext(name) == ".js" && !strings.HasPrefix(name, "vendor/") {
			content = withoutComments(content)
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(name)
		base := strings.TrimSuffix(path.Base(name), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		byName[base], named[path.Base(name)] = asset{content, kinds[ext]}, base
		return err
	})
	if err != nil { // embedded files can be read
		panic(err)
	}
	return byName, named
}

// withoutComments returns a script without indentation, blank lines and lines that are
// comments, a third of its size. No text in the scripts has several lines.
func withoutComments(script []byte) []byte {
	var out []byte
	for line := range bytes.Lines(script) {
		if line = bytes.TrimSpace(line); len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) {
			out = append(append(out, line...), '\n')
		}
	}
	return out
}

// Path returns the path of a file. Its name changes with its content, so browsers may keep
// the file for ever.
func Path(name string) string { return "/static/" + named[name] }

// Get returns the file that Path names, and its media type.
func Get(name string) (content []byte, kind string, ok bool) {
	a, ok := byName[name]
	return a.content, a.kind, ok
}
