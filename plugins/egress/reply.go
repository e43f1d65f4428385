package egress

import (
	"encoding/binary"
	"errors"
	"strings"

	"github.com/miekg/dns"
)

// reply is the relevant part of a DNS reply.
type reply struct {
	id        uint16
	response  bool
	final     bool   // by a server of the zone, or one that resolves any name
	name      string // in the question
	typ       uint16
	rcode     int
	truncated bool
	referral  bool     // to the servers of a zone, and nothing else
	records   []string // of the queried type, as text
	alias     string   // the last name that the queried one is an alias of
	counts    [3]int   // of the records in each section, without OPT
	serial    *uint32  // of an SOA record, if the query was for one
}

// answers reports whether the reply is to the question.
func (r *reply) answers(q dns.Question) bool {
	return strings.EqualFold(r.name, q.Name) && r.typ == q.Qtype
}

// lacksEDNS reports whether the server may not support EDNS.
func (r *reply) lacksEDNS() bool {
	return r.rcode == dns.RcodeFormatError || r.rcode == dns.RcodeNotImplemented || r.rcode == dns.RcodeBadVers
}

// errMessage reports a reply that is not a DNS message.
var errMessage = errors.New("the reply is not a DNS message")

// pauseEvery is the number of records unpacked between two pauses. A name of 2
// bytes may expand to a thousand.
const pauseEvery = 64

// unpack reads a reply record by record. A library would unpack the whole
// reply, which can grow from 64 KiB to ten million bytes if names are
// compressed. Here the records of the queried type become text, one by one, and
// the others are skipped.
func (s *Session) unpack(packed []byte, typ uint16, held *holding) (*reply, error) {
	m := message{b: packed}
	r, counts, err := m.begin()
	if err != nil {
		return nil, err
	}
	of, err := m.aliases(r, typ, counts[0])
	if err != nil && !r.truncated {
		return nil, err
	}
	servers, negative := false, false // in the section about the zone
	for n := range counts[0] + counts[1] + counts[2] {
		if m.at == len(m.b) {
			break // the counts are wrong
		}
		if n%pauseEvery == pauseEvery-1 {
			if err := s.account().Pause(); err != nil {
				return nil, err
			}
		}
		at, head, err := m.record()
		switch {
		case err != nil && r.truncated:
			return r, nil // truncated within a record, as the header says
		case err != nil:
			return nil, err
		case head.Rrtype == dns.TypeOPT && n >= counts[0]+counts[1]:
			r.rcode |= int(head.Ttl>>24) << 4 // the upper bits of the code, RFC 6891
			r.counts[2]--
		case head.Rrtype == typ && n < counts[0]:
			if err := r.add(packed, at, of, held); err != nil {
				return nil, err
			}
		case n >= counts[0] && n < counts[0]+counts[1]:
			servers = servers || head.Rrtype == dns.TypeNS
			negative = negative || head.Rrtype == dns.TypeSOA
		}
	}
	r.referral = servers && !negative && !r.final && len(r.records) == 0 && r.alias == ""
	return r, nil
}

// maxAliases limits how many aliases of a chain are read.
const maxAliases = 32

// aliases returns the names that the answer is about, in lower case: the one in
// the question and, in whatever order the records come, those that it is an
// alias of. It sets r.alias to the last one. The message m stays as it is.
func (m message) aliases(r *reply, typ uint16, count int) (map[string]bool, error) {
	of := map[string]bool{strings.ToLower(r.name): true}
	if typ == dns.TypeCNAME {
		return of, nil
	}
	links, seen := map[string]string{}, 0
	for n := 0; n < count && seen < maxAliases && m.at < len(m.b); n++ {
		at, head, err := m.record()
		if err != nil {
			return of, err
		}
		if head.Rrtype != dns.TypeCNAME || head.Class != dns.ClassINET {
			continue
		}
		seen++
		if rr, _, err := dns.UnpackRR(m.b, at); err == nil {
			if link, ok := rr.(*dns.CNAME); ok {
				links[strings.ToLower(link.Hdr.Name)] = link.Target
			}
		}
	}
	name := strings.ToLower(r.name)
	for links[name] != "" && !of[strings.ToLower(links[name])] {
		r.alias = bare(links[name])
		name = strings.ToLower(links[name])
		of[name] = true
	}
	return of, nil
}

// add adds the record at an offset, unless it is of another name than those that
// the answer is about, or of another class.
func (r *reply) add(packed []byte, at int, of map[string]bool, held *holding) error {
	rr, _, err := dns.UnpackRR(packed, at)
	if err != nil {
		return err
	}
	if h := rr.Header(); h.Class != dns.ClassINET || !of[strings.ToLower(h.Name)] {
		return nil
	}
	if soa, ok := rr.(*dns.SOA); ok {
		r.serial = &soa.Serial
	}
	text := recordText(rr)
	if err := held.grow(len(text) + textMemory); err != nil {
		return err
	}
	r.records = append(r.records, text)
	return nil
}

// message is a DNS message being read.
type message struct {
	b  []byte
	at int
}

// begin reads the header and question, and returns the number of records in
// each of the three sections that follow.
func (m *message) begin() (*reply, [3]int, error) {
	var counts [3]int
	const header = 12
	if len(m.b) < header {
		return nil, counts, errMessage
	}
	word := func(at int) int { return int(binary.BigEndian.Uint16(m.b[at:])) }
	flags, questions := word(2), word(4)
	r := &reply{
		id: uint16(word(0)), response: flags&0x8000 != 0, final: flags&0x480 != 0, // AA, RA
		rcode: flags & 0xf, truncated: flags&0x200 != 0,
	}
	for i := range counts {
		counts[i] = word(6 + 2*i)
	}
	r.counts = counts
	if m.at = header; questions != 1 {
		return r, [3]int{}, nil
	}
	name, at, err := dns.UnpackDomainName(m.b, m.at)
	if err != nil || at+4 > len(m.b) {
		return nil, counts, errMessage
	}
	r.name, r.typ, m.at = name, uint16(word(at)), at+4
	return r, counts, nil
}

// record skips a record and returns its offset and header.
func (m *message) record() (int, dns.RR_Header, error) {
	begin := m.at
	if err := m.passName(); err != nil {
		return 0, dns.RR_Header{}, err
	}
	const fixed = 10
	if m.at+fixed > len(m.b) {
		return 0, dns.RR_Header{}, errMessage
	}
	rest := m.b[m.at:]
	head := dns.RR_Header{Rrtype: binary.BigEndian.Uint16(rest), Class: binary.BigEndian.Uint16(rest[2:]), Ttl: binary.BigEndian.Uint32(rest[4:])}
	m.at += fixed + int(binary.BigEndian.Uint16(rest[8:]))
	if m.at > len(m.b) {
		return 0, dns.RR_Header{}, errMessage
	}
	return begin, head, nil
}

// passName skips a name, which ends with an empty label or a pointer.
func (m *message) passName() error {
	for m.at < len(m.b) {
		switch n := int(m.b[m.at]); {
		case n == 0:
			m.at++
			return nil
		case n >= 0xc0:
			m.at += 2
			return nil
		case n >= 0x40:
			return errMessage
		default:
			m.at += 1 + n
		}
	}
	return errMessage
}
