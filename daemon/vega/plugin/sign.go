package plugin

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/plugins/manifest"
	"vega/plugins/signature"
)

func signCommand() *cobra.Command {
	secret, password := secretFile, ""
	c := &cobra.Command{
		Use:   "sign FILE…",
		Short: "Sign plugins",
		Long: `Sign writes FILE.minisig next to each plugin: a signature of its bytes, in the
format of minisign. Keep the two files together: a daemon with
plugins.trusted_keys looks for the signature next to the plugin.`,
		Example: `  vega plugin sign plugins/stock.wasm
  vega plugin sign -s ci.key --password-file word plugins/*.wasm`,
		Args:              cli.Args(1, -1),
		ValidArgsFunction: cli.Extensions("wasm"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			key, err := signature.ReadSecret(secret, func() (string, error) { return askPassword(cmd, password, "the password of "+secret) })
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w; create one with vega plugin keygen, or name it with -s", err)
			}
			if err != nil {
				return err
			}
			for _, path := range paths {
				wasm, err := manifest.ReadFile(path)
				if err != nil {
					return err
				}
				m, err := manifest.Read(wasm)
				if err != nil {
					return cli.Failed(fmt.Errorf("%s is not a plugin: %w", path, err))
				}
				comment := fmt.Sprintf("plugin %s %s, sha256 %s", m.Manifest.Name, console.OneLine(m.Manifest.Version), m.Digest)
				if err := manifest.WriteFile(path+signature.Suffix, key.Sign(wasm, comment), 0o644); err != nil {
					return cli.Failed(err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s%s  signed by %s: %s\n", path, signature.Suffix, key.Public().Name(), comment)
			}
			return nil
		},
	}
	c.Flags().StringVarP(&secret, "secret", "s", secret, "the `FILE` of the secret key")
	c.Flags().StringVar(&password, "password-file", "", "read the password from this `FILE`")
	return c
}
