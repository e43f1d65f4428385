package plugins

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"vega/plugins/egress"
	"vega/plugins/jsonpath"
	"vega/plugins/ledger"
	"vega/plugins/manifest"
	"vega/plugins/memory"
	"vega/sdk/abi"
)

// response is the answer to an HTTP request. It keeps the part of the body that
// was read, so a guest may read the body and look up JSON paths in any order.
type response struct {
	*egress.Response
	guest *guest
	body  body
	given int  // bytes of the body that the guest has read
	ended bool // the whole body was read
	asked bool // the guest called json, so the body must be kept
	json  *jsonpath.Text

	trailers http.Header    // after the end of the body
	held     ledger.Holding // for them
}

func newResponse(g *guest, answer *egress.Response, q *request) *response {
	r := &response{Response: answer, guest: g, held: ledger.NewHolding(g)}
	r.body.Buffer = memory.NewBuffer(&g.account, int(egress.BodyLimit(q.MaxBody)))
	if q.noJSON || !g.module.imports("json") {
		r.body.lost = errInvalid // the guest can't call json
	}
	return r
}

// imports reports whether the module can make a call.
func (m *Module) imports(name string) bool {
	return slices.ContainsFunc(m.Imports, func(i manifest.Import) bool { return i.Module == abi.Module && i.Name == name })
}

func (r *response) close() {
	_ = r.Body.Close() // the guest can't receive the error
	r.json = nil
	r.body.Free()
	r.held.Release()
}

func (r *response) read(buf []byte) (int, error) {
	if kept := r.body.Bytes(); r.given < len(kept) {
		n := copy(buf, kept[r.given:])
		r.given += n
		return n, nil
	}
	if r.ended {
		return 0, io.EOF
	}
	n, err := r.fetch(buf)
	r.body.keep(buf[:n])
	r.given += n
	return n, err
}

// fetch reads more of the body.
func (r *response) fetch(buf []byte) (int, error) {
	r.guest.goOut()
	n, err := r.Body.Read(buf)
	r.guest.comeIn()
	if r.ended = errors.Is(err, io.EOF); r.ended {
		if failed := r.end(); failed != nil {
			err = failed
		}
	}
	return n, err
}

// end takes the trailers, which came after the body.
func (r *response) end() error {
	if r.Trailers == nil || r.trailers != nil {
		return nil
	}
	all := r.Trailers()
	size := headerMemory(all)
	r.guest.lease.Charge(priceOf(size, priceFieldKiB))
	if err := r.held.Grow(size); err != nil {
		return err
	}
	r.trailers = all
	return nil
}

// body is the part of a response's body that was read. It is kept as long as
// the json call may need it.
type body struct {
	memory.Buffer
	lost error // why nothing is kept
}

// keep appends what the guest has just read to the kept body. If there is no room, or
// the body can't be JSON, keep drops it: only a json call could need it, and that call
// then returns the reason.
func (b *body) keep(p []byte) {
	if b.lost != nil {
		return
	}
	if len(b.Bytes()) == 0 {
		if err := jsonpath.Begins(p); err != nil {
			b.drop(err)
			return
		}
	}
	if _, err := b.Write(p); err != nil {
		b.drop(err)
	}
}

func (b *body) drop(why error) {
	b.Free()
	b.lost = why
}
