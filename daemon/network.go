package daemon

import (
	"crypto/x509"
	"fmt"
	"os"

	"vega/daemon/config"
	"vega/plugins/egress"
)

// newNetwork is how probes reach the world, as the configuration wants it.
func newNetwork(c config.Network) (*egress.Network, error) {
	n := egress.New(c.Resolver)
	if c.CAFile == "" {
		return n, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("network.ca_file: %w", err)
	}
	if n.RootCAs, err = x509.SystemCertPool(); err != nil {
		return nil, fmt.Errorf("network.ca_file is trusted besides the system's certificates, which can't be read: %w", err)
	}
	if !n.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("network.ca_file %s holds no certificate in PEM form", c.CAFile)
	}
	return n, nil
}
