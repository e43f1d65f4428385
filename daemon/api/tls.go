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

// certificate is a certificate and its key, read again when either file changes, so
// that a renewal needs no restart.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	looked  time.Time
	stamps  [2]fileStamp
	refused [2]fileStamp // the unusable pair, which is logged only once
}

type fileStamp struct {
	size     int64
	modified time.Time
}

// get implements tls.Config.GetCertificate. It checks the files at most once a
// second. If a new pair can't be used, it keeps the old one.
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
	if shortage.Of(err) != nil { // the files may be fine: try again
		return c.pair, nil
	}
	if err != nil {
		c.refused = now
		c.log.Warn("new certificate can't be used; keeping the old one", "err", err)
		return c.pair, nil
	}
	c.stamps = now
	c.log.Info("certificate reloaded", "file", c.certFile)
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
