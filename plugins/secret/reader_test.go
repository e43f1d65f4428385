package secret

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"vega/plugins/manifest"
)

// chunks is a reader that gives one chunk per read.
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

func TestReaderHidesOverEverySplit(t *testing.T) {
	const real = "s3cret/val"
	v := vault(t, manifest.Values{"token": manifest.Text{hidden(real)}})
	mask := maskedText(v, "token")
	in := "s3c" + real + real + "-" + percent(real) + "s3cret"
	for i := 0; i <= len(in); i++ {
		for j := i; j <= len(in); j++ {
			got, err := io.ReadAll(v.Reader(&chunks{in[:i], in[i:j], in[j:]}))
			if err != nil || bytes.Contains(got, []byte(real)) || bytes.Contains(got, []byte(percent(real))) {
				t.Fatalf("split at %d and %d: %q %v", i, j, got, err)
			}
			// A first few bytes may have gone before their secret was known.
			if want := "s3c" + mask + mask + "-" + mask + "s3cret"; len(got) != len(want) || !strings.HasPrefix(string(got), "s3c") {
				t.Fatalf("split at %d and %d: %q, want as long as %q", i, j, got, want)
			}
		}
	}
	for name, wrap := range map[string]func(io.Reader) io.Reader{"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "data and error": iotest.DataErrReader} {
		got, err := io.ReadAll(v.Reader(wrap(strings.NewReader(in))))
		if err != nil || bytes.Contains(got, []byte(real)) || len(got) != len("s3c"+mask+mask+"-"+mask+"s3cret") {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
}

// A peer that has said its part and waits must be heard.
func TestReaderDoesNotDeadlock(t *testing.T) {
	v := vault(t, manifest.Values{"token": manifest.Text{hidden("0123456789")}})
	mask := maskedText(v, "token")
	in, out := io.Pipe()
	r := v.Reader(in)
	read := func() string {
		p := make([]byte, 100)
		n, err := r.Read(p)
		if err != nil {
			t.Fatal(err)
		}
		return string(p[:n])
	}
	for _, c := range []struct{ say, want string }{
		{"220 ready\r\n", "220 ready\r\n"},
		{"ends with 012", "ends with 012"},
		{"3456789", mask[3:]},
		{"all of 0123456789", "all of " + mask},
		{"held 0123", "held "},
		{"x", "0123x"},
	} {
		go func() { _, _ = out.Write([]byte(c.say)) }()
		if got := read(); got != c.want {
			t.Errorf("after %q: %q, want %q", c.say, got, c.want)
		}
	}
}

func TestReaderLetsGoOnError(t *testing.T) {
	v := vault(t, manifest.Values{"token": manifest.Text{hidden("0123456789")}})
	failing := io.MultiReader(strings.NewReader("x01234"), iotest.ErrReader(errors.New("deadline")), strings.NewReader("unreachable"))
	got, err := io.ReadAll(v.Reader(failing))
	if string(got) != "x01234" || err == nil {
		t.Errorf("%q %v", got, err)
	}
	p := v.NewReader(&chunks{"01234", "56789"}, true)
	first, second := make([]byte, 10), make([]byte, 10)
	n, _ := p.Read(first)
	m, _ := p.Read(second)
	if string(first[:n]) != "01234" || m != 5 || string(second[:m]) != maskedText(v, "token")[5:] {
		t.Errorf("packets: %q %q", first[:n], second[:m])
	}
}

func FuzzReader(f *testing.F) {
	f.Add("s3cret/value", "before s3cret/value after", uint8(3))
	f.Add("00000001", "000000010000001", uint8(1))
	f.Add("aaaaaaaa", "aaaaaaaaaaaaaaaaaaa", uint8(5))
	f.Add("p&ss \"w/rd\"", "p\\u0026ss \\\"w\\/rd\\\"p%26ss", uint8(2))
	f.Fuzz(func(t *testing.T, secret, in string, step uint8) {
		if len(secret) < Least || len(secret) > 200 {
			return
		}
		v := vault(t, manifest.Values{"token": manifest.Text{hidden(secret)}})
		var parts chunks
		for rest := in; rest != ""; {
			n := min(int(step)%16+1, len(rest))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		got, err := io.ReadAll(v.Reader(&parts))
		if err != nil {
			t.Fatal(err)
		}
		whole := v.HideString(in)
		if bytes.Contains(got, []byte(secret)) || strings.Contains(whole, secret) {
			t.Fatalf("%q came out in %q or %q", secret, got, whole)
		}
		if whole != in && !contains([]byte(in), v.patterns) {
			t.Fatalf("%q was changed to %q", in, whole)
		}
		if tail, _ := mayBegin([]byte(in), v.patterns); tail < Least && whole == in && string(got) != in {
			t.Fatalf("%q was changed to %q or %q", in, got, whole)
		}
	})
}

// Most of a secret is a secret: where it is cut off by an error, by the end or
// by the end of a packet, what there is of it is hidden, and the rest is where
// it comes.
func TestReaderHidesTheBeginningOfASecret(t *testing.T) {
	const real = "0123456789abcdef/+"
	v := vault(t, manifest.Values{"token": manifest.Text{hidden(real)}})
	mask := maskedText(v, "token")
	cut := io.MultiReader(strings.NewReader("x"+real[:12]), iotest.ErrReader(errors.New("deadline")))
	if got, _ := io.ReadAll(v.Reader(cut)); string(got) != "x"+mask[:12] {
		t.Errorf("an error: %q, want %q", got, "x"+mask[:12])
	}
	if got, _ := io.ReadAll(v.Reader(strings.NewReader("x" + real[:17]))); string(got) != "x"+mask[:17] {
		t.Errorf("the end: %q, want %q", got, "x"+mask[:17])
	}
	p := v.NewReader(&chunks{"x" + real[:9], real[9:] + "y", "z" + real[:10], "other"}, true)
	var got []string
	for range 4 {
		b := make([]byte, 40)
		n, _ := p.Read(b)
		got = append(got, string(b[:n]))
	}
	if want := []string{"x" + mask[:9], mask[9:] + "y", "z" + mask[:10], "other"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("packets: %q, want %q", got, want)
	}
}
