package fault

import "errors"

// StreamError has the fields of net/http's error of an HTTP/2 stream, which
// copies itself into a struct of that form.
type StreamError struct {
	StreamID uint32
	Code     StreamCode
	Cause    error
}

// StreamCode is an error code of HTTP/2 (RFC 9113, section 7).
type StreamCode uint32

// Error returns a text without details.
func (e StreamError) Error() string { return "the server reset the HTTP/2 stream" }

// http2Codes lists the codes with which a server ends a stream. All are its own
// doing, because it answers a request that package net/http has made.
var http2Codes = map[StreamCode]End{
	0x0: Reset,  // NO_ERROR
	0x1: Target, // PROTOCOL_ERROR
	0x2: Target, // INTERNAL_ERROR
	0x3: Target, // FLOW_CONTROL_ERROR
	0x4: Target, // SETTINGS_TIMEOUT
	0x5: Target, // STREAM_CLOSED
	0x6: Target, // FRAME_SIZE_ERROR
	0x7: Reset,  // REFUSED_STREAM
	0x8: Reset,  // CANCEL
	0x9: Target, // COMPRESSION_ERROR
	0xa: Target, // CONNECT_ERROR
	0xb: Target, // ENHANCE_YOUR_CALM
	0xc: TLS,    // INADEQUATE_SECURITY
	0xd: Target, // HTTP_1_1_REQUIRED
}

// HTTP2 returns the end that a code means; an unknown code is like
// INTERNAL_ERROR (RFC 9113, section 7).
func HTTP2(code StreamCode) End {
	if e, ok := http2Codes[code]; ok {
		return e
	}
	return Target
}

func judgeHTTP2(err error) (End, bool) {
	if e, ok := errors.AsType[StreamError](err); ok {
		return HTTP2(e.Code), true
	}
	return End{}, false
}
