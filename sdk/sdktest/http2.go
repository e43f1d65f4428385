//go:build !wasip1

package sdktest

import (
	"errors"
	"io"
	"net/http"

	"vega/sdk/abi"
)

// secondOnly returns the protocols of a request over HTTP/2 only.
func secondOnly() *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP2(true)
	p.SetUnencryptedHTTP2(true)
	return p
}

func (r reach) HTTPResponseTrailer(handle int32, name string, buf []byte) int32 {
	p, ok := r.host.handles[handle].(*response)
	if !ok {
		return r.host.fail(newErrno(abi.ErrInvalid, "the handle is not a response"))
	}
	if values := p.trailer().Values(name); len(values) > 0 && errors.Is(p.err, io.EOF) {
		return put(buf, values[0])
	}
	return r.host.fail(newErrno(abi.ErrNotSet, "trailer "+name+" is not set"))
}
