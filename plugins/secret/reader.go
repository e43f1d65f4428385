package secret

import "io"

// HideReader applies Hide to the data read from r, even if a secret spans
// several reads. Until r ends or fails, it holds back one byte less than the
// length of the longest secret, so the number and timing of returned bytes do
// not depend on the data. An error of r, such as an expired deadline, releases
// the bytes; the reader stays usable. Without secrets to hide, it returns r.
func (v *Vault) HideReader(r io.Reader) io.Reader {
	h := v.whole()
	if h.longest == 0 {
		return r
	}
	return &reader{r: r, hider: h}
}

// reader keeps the data it read next to the data to return: a secret is found
// in the former and replaced in the latter.
type reader struct {
	r     io.Reader
	hider *hider
	in    []byte // the last bytes read
	out   []byte // the same bytes with placeholders; returned from the start
	ready int    // bytes of out that may be returned
	err   error

	inRoom, outRoom []byte // the underlying arrays
}

// Read returns data that may be returned.
func (r *reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for r.ready == 0 {
		if err := r.err; err != nil {
			r.err = nil
			return 0, err
		}
		r.fill(len(p))
	}
	n := copy(p, r.out[:r.ready])
	r.in, r.out, r.ready = r.in[n:], r.out[n:], r.ready-n
	return n, nil
}

const maxRead = 32 << 10

func (r *reader) fill(want int) {
	kept := len(r.in)
	size := kept + min(max(want, r.hider.longest), maxRead)
	if len(r.inRoom) < size {
		r.inRoom, r.outRoom = make([]byte, size), make([]byte, size)
	}
	copy(r.inRoom, r.in)
	copy(r.outRoom, r.out)
	n, err := r.r.Read(r.inRoom[kept:size])
	r.in, r.out, r.err = r.inRoom[:kept+n], r.outRoom[:kept+n], err
	copy(r.out[kept:], r.in[kept:])
	r.hider.hide(r.out, r.in, kept)
	r.ready = len(r.out)
	if err == nil {
		r.ready = max(0, len(r.out)-r.hider.longest+1)
	}
}
