package plugin

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/file"
	"vega/plugins/signature"
)

// The default files of a key pair, named as minisign names them.
const (
	secretFile = "vega.key"
	publicFile = "vega.pub"
)

func keygenCommand() *cobra.Command {
	secret, public, password, unencrypted := secretFile, publicFile, "", false
	c := &cobra.Command{
		Use:   "keygen",
		Short: "Create a key pair for signing plugins",
		Long: `Keygen creates a key pair in the format of minisign and prints the public key, to
be added to plugins.trusted_keys. It encrypts the secret key with a password that
it asks for, or reads from the first line of --password-file. With --unencrypted
the key has no password: anyone who can read the file can sign.`,
		Example: `  vega plugin keygen                                 asks for a password
  vega plugin keygen -s ci.key -p ci.pub --unencrypted`,
		SuggestFor: []string{"genkey", "key"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			word := ""
			if !unencrypted {
				var err error
				if word, err = newPassword(cmd, password); err != nil {
					return err
				}
			}
			key, err := writeKeys(secret, public, word)
			if err != nil {
				return cli.Failed(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s and %s\nadd to vega.hcl: plugins { trusted_keys = [%q] }\n", secret, public, key.String())
			return nil
		},
	}
	c.Flags().StringVarP(&secret, "secret", "s", secret, "write the secret key to this `FILE`")
	c.Flags().StringVarP(&public, "public", "p", public, "write the public key to this `FILE`")
	c.Flags().StringVar(&password, "password-file", "", "read the password from this `FILE`")
	c.Flags().BoolVar(&unencrypted, "unencrypted", false, "do not encrypt the secret key")
	cli.Exclusive(c, "password-file", "unencrypted")
	return c
}

// writeKeys makes a key pair and writes both files, or neither.
func writeKeys(secret, public, password string) (signature.Key, error) {
	key, s, err := signature.NewKeys()
	if err != nil {
		return key, err
	}
	text, err := s.Text(password)
	if err != nil {
		return key, err
	}
	if err := file.Create(secret, append(text, '\n'), 0o600, "-s"); err != nil {
		return key, err
	}
	text = fmt.Appendf(nil, "untrusted comment: public key %s of a vega plugin's author\n%s\n", key.Name(), key)
	if err := file.Create(public, text, 0o644, "-p"); err != nil {
		return key, errors.Join(err, os.Remove(secret))
	}
	return key, nil
}
