package databases

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"io"

	"vega/daemon/scram"
)

// mysqlLogin checks the packets of a server until the login ends or TLS begins, before the
// driver reads them. The driver trusts their lengths: a short one makes it panic, which leaks
// what it has begun. And it encrypts the password with whatever key the server sends: a key
// of 45 kB takes a processor ten seconds, which no deadline interrupts.
type mysqlLogin struct {
	tls    bool // all but the greeting is encrypted
	packet []byte
	first  bool // the greeting has arrived
	over   bool
}

const (
	maxLoginPacket = 16 << 10 // a key or a message of a login is much smaller
	maxKeyBits     = 16 << 10
	packetHeader   = 4
)

// check checks the next bytes of the server.
func (l *mysqlLogin) check(p []byte) error {
	for len(p) > 0 && !l.over {
		need := packetHeader
		if len(l.packet) >= packetHeader {
			need += int(binary.LittleEndian.Uint32(l.packet) & 0xffffff)
		}
		if need > packetHeader+maxLoginPacket {
			return errForeign
		}
		n := min(need-len(l.packet), len(p))
		l.packet, p = append(l.packet, p[:n]...), p[n:]
		switch {
		case len(l.packet) < need:
		case need > packetHeader:
			if !l.valid(l.packet[packetHeader:]) {
				return errForeign
			}
			l.packet = l.packet[:0]
		case binary.LittleEndian.Uint32(l.packet)&0xffffff == 0: // no packet of a login is empty
			return errForeign
		}
	}
	return nil
}

// valid reports whether a packet is long enough for what it is, as the driver reads it.
func (l *mysqlLogin) valid(data []byte) bool {
	greeting := !l.first
	l.first = true
	switch {
	case data[0] == 0xff: // an error
		l.over = true
		return len(data) > 3 && (data[3] != '#' || len(data) >= 9)
	case greeting:
		l.over = l.tls
		return validGreeting(data)
	case data[0] == 0: // success
		l.over = true
		rest, ok := skipInteger(data[1:])
		if ok {
			rest, ok = skipInteger(rest)
		}
		return ok && len(rest) >= 2
	case data[0] == 1: // more for the login
		return validKey(data[1:])
	default:
		return validSwitch(data)
	}
}

// validGreeting reports whether a greeting has all that the driver reads of it: up to the
// first flags, or with everything that came with version 4.1.
func validGreeting(data []byte) bool {
	end := bytes.IndexByte(data[1:], 0)
	const upToFlags, rest = 4 + 8 + 1 + 2, 1 + 2 + 2 + 1 + 10 + 12 + 1
	left := len(data) - (1 + end + 1)
	return end >= 0 && (left == upToFlags || left >= upToFlags+rest)
}

// skipInteger returns what follows an integer of variable length.
func skipInteger(data []byte) (rest []byte, ok bool) {
	if len(data) == 0 {
		return nil, false
	}
	size := map[byte]int{0xfc: 3, 0xfd: 4, 0xfe: 9}[data[0]]
	size = max(size, 1)
	if len(data) < size {
		return nil, false
	}
	return data[size:], true
}

// validKey reports whether what a server sends for the login is a key that the driver can
// use, or something else.
func validKey(data []byte) bool {
	block, _ := pem.Decode(data)
	if block == nil {
		return true
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return true // the driver returns it
	}
	r, ok := key.(*rsa.PublicKey)
	return ok && r.N.BitLen() <= maxKeyBits
}

// validSwitch reports whether a request for another way to log in has as many random bytes
// as the driver takes. One byte alone asks for the oldest way.
func validSwitch(data []byte) bool {
	name, random, found := bytes.Cut(data[1:], []byte{0})
	if !found {
		return true
	}
	random = bytes.TrimSuffix(random, []byte{0})
	need := map[string]int{"mysql_native_password": 20, "mysql_old_password": 8}[string(name)]
	return len(random) >= need
}

// postgresLogin reads from a PostgreSQL server, after TLS has begun. It refuses a login by
// SCRAM that would take too long to compute.
type postgresLogin struct {
	io.Reader
	message []byte // header and content of the message in progress, as far as they matter
	skip    int    // bytes of it that are left and don't matter
	over    bool
}

const (
	messageHeader  = 5 // kind and length
	saslContinue   = 11
	maxSASLMessage = 4 << 10
)

// Read reads.
func (l *postgresLogin) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if wrong := l.check(p[:n]); wrong != nil {
		return 0, wrong
	}
	return n, err
}

func (l *postgresLogin) check(p []byte) error {
	for len(p) > 0 && !l.over {
		if l.skip > 0 {
			n := min(l.skip, len(p))
			l.skip, p = l.skip-n, p[n:]
			continue
		}
		need := messageHeader
		if len(l.message) >= messageHeader {
			need += max(0, int(binary.BigEndian.Uint32(l.message[1:]))-4)
		}
		n := min(need-len(l.message), len(p))
		l.message, p = append(l.message, p[:n]...), p[n:]
		if len(l.message) < messageHeader {
			continue
		}
		length := int(binary.BigEndian.Uint32(l.message[1:])) - 4
		if asks := l.message[0] == 'R' && length <= maxSASLMessage; !asks {
			l.over = l.message[0] == 'Z' // ready for queries
			l.message, l.skip = l.message[:0], max(0, length)
			continue
		}
		if len(l.message) < messageHeader+length {
			continue
		}
		content := l.message[messageHeader:]
		l.message = l.message[:0]
		if len(content) > 4 && binary.BigEndian.Uint32(content) == saslContinue {
			if err := scram.Check(content[4:]); err != nil {
				return err
			}
		}
	}
	return nil
}
