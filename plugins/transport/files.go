package transport

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// grace is how long the last good content of a file is used when what replaced
// it can't be: the certificate and its key are rarely replaced in one step.
const grace = time.Minute

// Files keeps what was read of certificate and key files, and reads a file again when
// it has changed. It is safe for concurrent use.
type Files struct {
	// Now returns the time; nil means time.Now.
	Now func() time.Time

	mu    sync.Mutex
	pairs map[[2]string]*kept[*tls.Certificate]
	pools map[string]*kept[pool]

	identities map[[2]string]*kept[ssh.Signer] // by file or text, and passphrase
}

// pool holds authorities in addition to those of base.
type pool struct {
	base, all *x509.CertPool
}

// kept is what was made of some files.
type kept[T any] struct {
	stamps  []stamp
	good    T
	err     error // why the files, as stamped, can't be used
	badFrom time.Time
	isGood  bool
}

// stamp distinguishes versions of a file.
type stamp struct {
	size    int64
	changed time.Time
	info    os.FileInfo
}

func (s stamp) same(o stamp) bool {
	return s.size == o.size && s.changed.Equal(o.changed) && (s.info == nil) == (o.info == nil) && (s.info == nil || os.SameFile(s.info, o.info))
}

func (f *Files) now() time.Time {
	if f.Now != nil {
		return f.Now()
	}
	return time.Now()
}

// Client returns the client certificate of t, or nil if there isn't one.
func (f *Files) Client(t TLS) (*tls.Certificate, error) {
	if !t.Cert.IsSet() {
		return nil, nil
	}
	key := [2]string{t.Cert.Path + "\x00" + t.Cert.Text.Reveal(), t.Key.Path + "\x00" + t.Key.Text.Reveal()}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pairs == nil {
		f.pairs = map[[2]string]*kept[*tls.Certificate]{}
	}
	k := f.pairs[key]
	if k == nil {
		f.pairs = emptied(f.pairs)
		k = &kept[*tls.Certificate]{}
		f.pairs[key] = k
	}
	return k.read(f.now(), func() (*tls.Certificate, error) {
		cert, err := t.Cert.content("client_cert")
		if err != nil {
			return nil, err
		}
		secret, err := t.Key.content("client_key")
		if err != nil {
			return nil, err
		}
		return usable(CheckPair(cert, secret, f.now()))
	}, t.Cert.Path, t.Key.Path)
}

// Pool returns the authorities of base and those of a file.
func (f *Files) Pool(base *x509.CertPool, path string) (*x509.CertPool, error) {
	if path == "" {
		return base, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pools == nil {
		f.pools = map[string]*kept[pool]{}
	}
	k := f.pools[path]
	if k == nil || k.good.base != base {
		f.pools = emptied(f.pools)
		k = &kept[pool]{}
		f.pools[path] = k
	}
	p, err := k.read(f.now(), func() (pool, error) {
		text, err := PEM{Path: path}.content("ca_file")
		if err != nil {
			return pool{}, err
		}
		added, err := CheckAuthorities(text)
		if err != nil {
			return pool{}, err
		}
		all := x509.NewCertPool()
		if base != nil {
			all = base.Clone()
		}
		for _, c := range added {
			all.AddCert(c)
		}
		return pool{base, all}, nil
	}, path)
	return p.all, err
}

// Roots returns the system's authorities and those of network.ca_file. Without
// the file, it returns nil, which means the system's alone.
func Roots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	text, err := PEM{Path: path}.content("ca_file")
	if err != nil {
		return nil, err
	}
	all, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("the system's certificates, which are trusted in addition, can't be read: %w", err)
	}
	if !all.AppendCertsFromPEM(text) {
		return nil, &Problem{Option: "ca_file", What: "it contains no certificate in PEM format", Fix: "name a file in PEM format"}
	}
	return all, nil
}

// maxKept limits how much is kept of files that a configuration no longer
// names.
const maxKept = 4096

func emptied[K comparable, V any](m map[K]V) map[K]V {
	if len(m) < maxKept {
		return m
	}
	return map[K]V{}
}

// read returns what load makes of the files. It calls load if a file has
// changed since the last call, or could not be used then.
func (k *kept[T]) read(now time.Time, load func() (T, error), paths ...string) (T, error) {
	stamps := stampsOf(paths)
	if k.isGood && k.err == nil && same(stamps, k.stamps) {
		return k.good, nil
	}
	v, err := load()
	if err == nil {
		*k = kept[T]{stamps: stamps, good: v, isGood: true}
		return v, nil
	}
	if k.err == nil {
		k.badFrom = now
	}
	k.stamps, k.err = stamps, err
	if k.isGood && now.Sub(k.badFrom) < grace {
		return k.good, nil
	}
	return k.good, err
}

func stampsOf(paths []string) []stamp {
	all := make([]stamp, len(paths))
	for i, p := range paths {
		if p == "" {
			continue
		}
		if info, err := os.Stat(p); err == nil {
			all[i] = stamp{info.Size(), info.ModTime(), info}
		}
	}
	return all
}

func same(a, b []stamp) bool {
	for i := range a {
		if !a[i].same(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

// content returns the PEM text.
func (p PEM) content(option string) ([]byte, error) {
	if p.Path == "" {
		return []byte(p.Text.Reveal()), nil
	}
	info, err := os.Stat(p.Path)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, &Problem{Option: option, What: "it is not a regular file", Fix: "name a file in PEM format"}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", option, err)
	}
	f, err := os.Open(p.Path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", option, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxPEM))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", option, err)
	}
	return b, nil
}
