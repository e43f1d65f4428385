// Release builds what a version of vega is published as: static binaries, archives,
// packages, an image, a bill of materials, checksums and signatures. The same commit
// and the same Go give the same bytes, in any directory and at any time.
//
//	bash .ci/release/run VERSION OUTDIR
//
// Start at main: the steps are in the order in which they run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"aead.dev/minisign"
	"golang.org/x/mod/semver"
)

// release is what the steps work on.
type release struct {
	Version  string    // semantic, without a v
	Commit   string    // 40 hexadecimal digits
	Modified bool      // the sources differ from the commit
	Date     time.Time // of the commit, in UTC: the time of every file in the release

	Key *minisign.PrivateKey // signs the files; nil for an unsigned release

	Repository string // the working tree of Git
	Tree       string // the exported sources; everything is made from these
	Work       string // for intermediate files; removed at the end
	Out        string // for the files of the release, and nothing else

	Platforms []platform
	Binaries  map[platform]string // path of the binary, set by compile
	Documents string              // man/*.1, completion/{vega.bash,_vega,vega.fish}, set by document

	// Set by licenses.
	Modules     []*module // of all binaries
	Licenses    string    // file with the licences of the modules
	OwnLicenses []string  // vega's, as SPDX identifiers
}

// steps makes a release. Each step adds files to Out, or to Work for the steps
// below it.
var steps = []struct {
	name string
	run  func(context.Context, *release) error
}{
	{"export the sources", export},
	{"compile", compile},
	{"write the documents", document},
	{"collect the licences", licenses},
	{"pack the archives", archives},
	{"build the packages", packages},
	{"write the bill of materials", describe},
	{"write the image", image},
	{"write the checksums", checksums},
	{"sign", sign},
}

// The exit codes.
const (
	exitError = 1 // no release was made
	exitUsage = 2
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("release: ")
	r, out, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		log.Print(err)
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := makeRelease(ctx, r, out); err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted; nothing was written")
		}
		log.Print(err)
		os.Exit(exitError)
	}
}

const usage = `usage: bash .ci/release/run [flags] VERSION OUTDIR

Builds the release VERSION, such as 1.2.3 or 1.2.3-rc.1, of the current commit in
the new directory OUTDIR.

`

// parse reads the command line. It returns the directory to create.
func parse(args []string) (*release, string, error) {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	r := &release{Binaries: map[platform]string{}}
	flags.StringVar(&r.Repository, "repository", ".", "the repository")
	flags.BoolVar(&r.Modified, "dirty", false, "build the files as they are, changes that are not committed included, and mark the result as modified")
	only := flags.String("platforms", "", "build only for `PLATFORMS`, such as linux/amd64,linux/arm64, or host for this machine's")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(usage)
		flags.SetOutput(os.Stdout)
		flags.PrintDefaults()
		return nil, "", err
	}
	if err != nil {
		return nil, "", fmt.Errorf("%w; -h lists the flags", err)
	}
	if flags.NArg() != 2 {
		return nil, "", errors.New("want a version and a directory: bash .ci/release/run VERSION OUTDIR")
	}
	r.Version = flags.Arg(0)
	if err := checkVersion(r.Version); err != nil {
		return nil, "", err
	}
	if r.Platforms, err = choose(*only); err != nil {
		return nil, "", err
	}
	r.Key, err = readKey()
	return r, flags.Arg(1), err
}

// checkVersion accepts what every file format of the release can express: a semantic
// version without a build part.
func checkVersion(v string) error {
	switch {
	case strings.HasPrefix(v, "v"):
		return fmt.Errorf("version %q: write it without the v", v)
	case !semver.IsValid("v"+v) || semver.Canonical("v"+v) != "v"+v && semver.Build("v"+v) == "":
		return fmt.Errorf("version %q: want three numbers, such as 1.2.3 or 1.2.3-rc.1", v)
	case semver.Build("v"+v) != "":
		return fmt.Errorf("version %q: the part after + can't be part of an image's tag; leave it out", v)
	}
	return nil
}

// makeRelease runs the steps in a directory next to out, and renames it to out when
// it is complete.
func makeRelease(ctx context.Context, r *release, out string) error {
	if err := r.identify(ctx); err != nil {
		return err
	}
	part, err := newPart(out)
	if err != nil {
		return err
	}
	defer part.close()
	r.Work, r.Out = part.work, part.files
	for _, s := range steps {
		fmt.Printf("%s\n", s.name)
		if err := s.run(ctx, r); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := part.complete(); err != nil {
		return err
	}
	return list(out)
}
