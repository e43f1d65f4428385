package secret

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"vega/plugins/manifest"
)

// chunks is a reader that returns one chunk per read.
type chunks []string

func (c *chunks) Read(p []byte) (int, error) {
	if len(*c) == 0 {
		return 0, io.EOF
	}
	n := copy(p, (*c)[0])
	if (*c)[0] = (*c)[0][n:]; (*c)[0] == "" {
		*c = (*c)[1:]
	}
	return n, nil
}

const longSecret = "s3cret/value+of20bytes"

func TestHideReplacesWholeSecrets(t *testing.T) {
	v := vault(t, manifest.Values{
		"token":    manifest.Text{hidden(longSecret)},
		"password": manifest.Text{hidden("0123456789abcdef")},
		"headers":  map[string]manifest.Value{"A": manifest.Text{hidden("only-15-bytes-x")}},
	})
	mask, other := maskedText(v, "token"), maskedText(v, "password")
	for in, want := range map[string]string{
		longSecret:                            mask,
		"<" + longSecret + ">" + longSecret:   "<" + mask + ">" + mask,
		"0123456789abcdef" + longSecret:       other + mask,
		"00123456789abcdeff":                  "0" + other + "f",
		longSecret[1:] + longSecret[:21]:      longSecret[1:] + longSecret[:21],
		percent(longSecret):                   percent(longSecret),
		"only-15-bytes-x stays as it is, too": "only-15-bytes-x stays as it is, too",
		"0123456789abcdeg":                    "0123456789abcdeg",
	} {
		if got := v.Hide(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestReaderHidesOverEverySplit(t *testing.T) {
	v := vault(t, manifest.Values{"token": manifest.Text{hidden(longSecret)}})
	in := "s3c" + longSecret + longSecret + "-" + longSecret[:21]
	want := v.Hide(in)
	if strings.Contains(want, longSecret) || want == in {
		t.Fatalf("hidden as %q", want)
	}
	for i := 0; i <= len(in); i++ {
		for j := i; j <= len(in); j++ {
			got, err := io.ReadAll(v.HideReader(&chunks{in[:i], in[i:j], in[j:]}))
			if err != nil || string(got) != want {
				t.Fatalf("split at %d and %d: %q %v", i, j, got, err)
			}
		}
	}
	for name, wrap := range map[string]func(io.Reader) io.Reader{"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "data and error": iotest.DataErrReader} {
		got, err := io.ReadAll(v.HideReader(wrap(strings.NewReader(in))))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

// sizes returns the lengths of the data of each read.
func sizes(r io.Reader) (all []int) {
	p := make([]byte, 64)
	for {
		n, err := r.Read(p)
		if n > 0 {
			all = append(all, n)
		}
		if err != nil {
			return all
		}
	}
}

// If a peer echoes what it is sent, the lengths of the data read, and what is
// held back, are the same for every guess.
func TestReaderLengthsRevealNothing(t *testing.T) {
	v := vault(t, manifest.Values{"token": manifest.Text{hidden(longSecret)}})
	answer := func(guess string) *chunks {
		return &chunks{"you said: " + guess, guess[:5], guess[5:] + "\n", strings.Repeat("x", 40), guess}
	}
	want := sizes(v.HideReader(answer(strings.Repeat("z", len(longSecret)))))
	for n := range len(longSecret) + 1 {
		guess := longSecret[:n] + strings.Repeat("z", len(longSecret)-n)
		if got := sizes(v.HideReader(answer(guess))); !slices.Equal(got, want) {
			t.Errorf("with %d correct bytes: %v, with none: %v", n, got, want)
		}
	}
}

func TestReaderReleasesOnError(t *testing.T) {
	v := vault(t, manifest.Values{"token": manifest.Text{hidden(longSecret)}})
	r := v.HideReader(io.MultiReader(strings.NewReader("x"+longSecret[:10]), iotest.ErrReader(errors.New("deadline"))))
	got, err := io.ReadAll(r)
	if string(got) != "x"+longSecret[:10] || err == nil {
		t.Errorf("%q %v", got, err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add("s3cret/value0123", "before s3cret/value0123 after", uint8(3))
	f.Add("0000000000000001", "00000000000000010000000000000001", uint8(1))
	f.Add("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", uint8(5))
	f.Fuzz(func(t *testing.T, secret, in string, step uint8) {
		if len(secret) < minHidden || len(secret) > 200 {
			return
		}
		v := vault(t, manifest.Values{"token": manifest.Text{hidden(secret)}})
		cut := func(s string) *chunks {
			var parts chunks
			for s != "" {
				n := min(int(step)%16+1, len(s))
				parts, s = append(parts, s[:n]), s[n:]
			}
			return &parts
		}
		got, err := io.ReadAll(v.HideReader(cut(in)))
		if err != nil {
			t.Fatal(err)
		}
		if whole := v.Hide(in); string(got) != whole || len(got) != len(in) {
			t.Fatalf("read in pieces: %q, as a whole: %q", got, whole)
		}
		if bytes.Contains(got, []byte(secret)) && !strings.Contains(secret+secret, in) {
			t.Fatalf("%q is contained in %q", secret, got)
		}
		if !strings.Contains(in, secret) && string(got) != in {
			t.Fatalf("%q was changed to %q", in, got)
		}
		if a, b := sizes(v.HideReader(cut(in))), sizes(v.HideReader(cut(strings.Repeat("~", len(in))))); !slices.Equal(a, b) {
			t.Fatalf("the lengths depend on the text: %v, %v", a, b)
		}
	})
}

func BenchmarkHideReader(b *testing.B) {
	v := vault(b, manifest.Values{"token": manifest.Text{hidden("ghp_0123456789abcdefghijklmnopqrstuvwxyz")}})
	text := strings.Repeat(`{"key": "some value", "n": 12345},`, 32<<10)
	b.SetBytes(int64(len(text)))
	p := make([]byte, 32<<10)
	for b.Loop() {
		r := v.HideReader(strings.NewReader(text))
		for {
			if _, err := r.Read(p); err != nil {
				break
			}
		}
	}
}
