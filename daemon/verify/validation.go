package verify

import (
	"context"
	"fmt"
	"regexp"
)

var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// verdict is the part of /admin/config/validate that is checked.
type verdict struct {
	Valid       bool `json:"valid"`
	Errors      int  `json:"error_count"`
	Warnings    int  `json:"warning_count"`
	Diagnostics []struct {
		Severity string `json:"severity"`
		Code     string `json:"code"`
		Detail   string `json:"detail"`
		Range    struct {
			Filename string `json:"filename"`
			Start    struct {
				Line int `json:"line"`
			} `json:"start"`
		} `json:"range"`
	} `json:"diagnostics"`
	Running struct {
		Path       string `json:"path"`
		Digest     string `json:"digest"`
		SameAsDisk bool   `json:"same_as_disk"`
	} `json:"running"`
}

func (s *session) verdict(ctx context.Context) (v verdict, err error) {
	err = s.read(ctx, "/admin/config/validate", &v)
	return v, err
}

// validation checks that the configuration on disk is valid, and that the daemon
// reports which one it runs.
func validation(ctx context.Context, s *session) (string, error) {
	v, err := s.verdict(ctx)
	if err != nil {
		return "", err
	}
	if err := v.sane(); err != nil {
		return "", err
	}
	if v.Running.SameAsDisk && v.Running.Digest != s.Local.Digest && s.localData(ctx) == nil {
		return "", &failure{
			expected: fmt.Sprintf("the daemon to run %s, since it reports that it runs the configuration on disk", s.Local.Digest),
			seen:     v.Running.Digest,
			fix:      "pass the daemon's configuration file with -c: " + v.Running.Path,
		}
	}
	seen := fmt.Sprintf("%s is valid with %s, and the daemon runs it", v.Running.Path, plural(v.Warnings, "warning"))
	if !v.Running.SameAsDisk {
		seen = fmt.Sprintf("%s is valid with %s; the daemon does not run the version on disk yet", v.Running.Path, plural(v.Warnings, "warning"))
	}
	return seen, nil
}

func (v *verdict) sane() error {
	if v.Valid != (v.Errors == 0) || !digest.MatchString(v.Running.Digest) {
		return &failure{
			expected: "valid to match error_count, and running.digest to be a SHA-256",
			seen:     fmt.Sprintf("valid is %t with %s, and the digest is %q", v.Valid, plural(v.Errors, "error"), clip(v.Running.Digest)),
		}
	}
	if v.Valid {
		return nil
	}
	seen := plural(v.Errors, "error")
	for _, d := range v.Diagnostics {
		if d.Severity == "error" {
			seen += fmt.Sprintf(", the first %s at %s:%d: %s", d.Code, d.Range.Filename, d.Range.Start.Line, clip(d.Detail))
			break
		}
	}
	return &failure{expected: "the configuration on disk to be valid", seen: seen}
}

// configInForce returns an error unless the configuration on disk is valid and
// the daemon runs it.
func (s *session) configInForce(ctx context.Context) error {
	v, err := s.verdict(ctx)
	switch {
	case err != nil:
		return err
	case !v.Valid:
		return skip("the configuration on disk is not valid")
	case !v.Running.SameAsDisk:
		return skip("the daemon is not running the configuration on disk; reload it first")
	}
	return nil
}
