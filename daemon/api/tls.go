package api

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"vega/plugins/shortage"
)

// certificate is a pair of files that is read again when either changes, so
// that a renewal needs no restart.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	looked  time.Time
	stamps  [2]fileStamp
	refused [2]fileStamp // what could not be used, so that it is told once
}

type fileStamp struct {
	size     int64
	modified time.Time
}

// get is tls.Config.GetCertificate. It looks at the files once a second at
// most; a pair that can't be used leaves the one before it in service.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < time.Second {
		return c.pair, nil
	}
	c.looked = time.Now()
	now, err := c.stat()
	if err == nil && now == c.stamps || now == c.refused {
		return c.pair, nil
	}
	if err == nil {
		err = c.read()
	}
	if shortage.Of(err) != nil { // the files may be as good as ever: try again
		return c.pair, nil
	}
	if err != nil {
		c.refused = now
		c.log.Warn("the new certificate can't be used; the old one stays", "err", err)
		return c.pair, nil
	}
	c.stamps = now
	c.log.Info("the certificate was read again", "file", c.certFile)
	return c.pair, nil
}

// load reads the pair for the first time.
func (c *certificate) load() error {
	var err error
	if c.stamps, err = c.stat(); err != nil {
		return fmt.Errorf("read the certificate: %w", err)
	}
	return c.read()
}

func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("read the certificate %s and its key %s: %w", c.certFile, c.keyFile, err)
	}
	c.pair = &pair
	return nil
}

func (c *certificate) stat() (stamps [2]fileStamp, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return stamps, err
		}
		stamps[i] = fileStamp{info.Size(), info.ModTime()}
	}
	return stamps, nil
}
