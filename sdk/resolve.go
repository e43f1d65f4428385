package sdk

import (
	"unsafe"

	"vega/sdk/abi"
)

// resolveSize fits nearly every answer: repeating the call would send the query
// again.
const resolveSize = 8 << 10

// Resolve makes a DNS query (rrtype "A", "MX", "TXT" …) and returns the
// records. An empty server means vega's resolver. A name that does not exist is
// ErrDNS.
func (r *Run) Resolve(rrtype, name, server string) ([]string, error) {
	text, err := whole(resolveSize, func(buf unsafe.Pointer, size uint32) int32 {
		return abi.Resolve(rrtype, name, server, buf, size)
	})
	if err != nil {
		return nil, err
	}
	records := lines(text)
	if len(text) == 0 || text[len(text)-1] == '\n' {
		records = append(records, "") // a TXT record may be empty
	}
	return records, nil
}

func lines(text string) []string {
	var out []string
	for len(text) > 0 {
		i := 0
		for i < len(text) && text[i] != '\n' {
			i++
		}
		out = append(out, text[:i])
		text = text[min(i+1, len(text)):]
	}
	return out
}
