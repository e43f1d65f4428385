package verify

import (
	"context"
	"fmt"
	"regexp"
)

var digest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// verdict is what is read of /admin/config/validate.
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

// validation: the configuration on the disk has no error, and the daemon knows
// which one it runs.
func validation(ctx context.Context, s *session) (string, error) {
	v, err := s.verdict(ctx)
	if err != nil {
		return "", err
	}
	if err := v.sane(); err != nil {
		return "", err
	}
	if v.Running.SameAsDisk && v.Running.Digest != s.Local.Digest && s.here(ctx) == nil {
		return "", &failure{
			expected: fmt.Sprintf("the daemon to run %s, which it says is what is on the disk", s.Local.Digest),
			seen:     v.Running.Digest,
			fix:      "verify with the file that the daemon runs with, by -c: " + v.Running.Path,
		}
	}
	seen := fmt.Sprintf("%s is valid, %d warnings, and in force", v.Running.Path, v.Warnings)
	if !v.Running.SameAsDisk {
		seen = fmt.Sprintf("%s is valid, %d warnings; what is on the disk is not in force yet", v.Running.Path, v.Warnings)
	}
	return seen, nil
}

func (v *verdict) sane() error {
	if v.Valid != (v.Errors == 0) || !digest.MatchString(v.Running.Digest) {
		return &failure{
			expected: "valid to say whether there are errors, and running.digest to be a SHA-256",
			seen:     fmt.Sprintf("valid is %t with %d errors, the digest %q", v.Valid, v.Errors, clip(v.Running.Digest)),
		}
	}
	if v.Valid {
		return nil
	}
	seen := fmt.Sprintf("%d errors", v.Errors)
	for _, d := range v.Diagnostics {
		if d.Severity == "error" {
			seen += fmt.Sprintf(", the first %s at %s:%d: %s", d.Code, d.Range.Filename, d.Range.Start.Line, clip(d.Detail))
			break
		}
	}
	return &failure{expected: "the configuration on the disk to be valid", seen: seen}
}

// settled says why what is on the disk and on this machine is not what the
// daemon runs with; nil if it is.
func (s *session) settled(ctx context.Context) error {
	v, err := s.verdict(ctx)
	switch {
	case err != nil:
		return err
	case !v.Valid:
		return skip("the configuration on the disk is not valid")
	case !v.Running.SameAsDisk:
		return skip("the configuration on the disk is not the one in force, and putting it in force is the operator's to do")
	}
	return nil
}
