package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/plugins/manifest"
	"vega/plugins/signature"
)

// The files of a pair of keys, unless others are named: as minisign has them.
const (
	secretFile = "vega.key"
	publicFile = "vega.pub"
)

func pluginKeygenCommand() *cobra.Command {
	secret, public, password, bare := secretFile, publicFile, "", false
	c := &cobra.Command{
		Use:   "keygen",
		Short: "Make a pair of keys to sign plugins with",
		Long: `Keygen makes a pair of keys in the format of minisign and shows the public one, to
be written into plugins.trusted_keys. The secret one is encrypted with a password
that is asked for, or is the first line of the file --password-file. With
--unencrypted there is none: then whoever reads the file can sign.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			word := ""
			if !bare {
				var err error
				if word, err = newPassword(cmd, password); err != nil {
					return err
				}
			}
			key, s, err := signature.NewKeys()
			if err != nil {
				return failed(err)
			}
			text, err := s.Text(word)
			if err != nil {
				return failed(err)
			}
			if err := writeSecret(secret, append(text, '\n')); err != nil {
				return failed(err)
			}
			if err := writeNew(public, fmt.Appendf(nil, "untrusted comment: public key %s of a vega plugin's author\n%s\n", key.Name(), key)); err != nil {
				return failed(errors.Join(err, os.Remove(secret)))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote %s and %s\nin vega.hcl: plugins { trusted_keys = [%q] }\n", secret, public, key.String())
			return nil
		},
	}
	c.Flags().StringVarP(&secret, "secret", "s", secret, "write the secret key to this `FILE`")
	c.Flags().StringVarP(&public, "public", "p", public, "write the public key to this `FILE`")
	c.Flags().StringVar(&password, "password-file", "", "take the password from this `FILE`")
	c.Flags().BoolVar(&bare, "unencrypted", false, "do not encrypt the secret key")
	c.MarkFlagsMutuallyExclusive("password-file", "unencrypted")
	return c
}

// writeSecret writes a file that was not there, for its owner alone.
func writeSecret(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and stays as it is; name another with -s", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

func pluginSignCommand() *cobra.Command {
	secret, password := secretFile, ""
	c := &cobra.Command{
		Use:   "sign FILE…",
		Short: "Sign plugins, so that a vega that trusts the key takes them",
		Long: `Sign writes FILE.minisig beside each plugin: a signature of its bytes, in the
format of minisign. Keep both together: a vega with plugins.trusted_keys looks for
the one beside the other.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			key, err := signature.ReadSecret(secret, func() (string, error) { return askPassword(cmd, password, "the password of "+secret) })
			if errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%w; make one with vega plugin keygen, or name it with -s", err)
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
					return failed(fmt.Errorf("%s is no plugin: %w", path, err))
				}
				comment := fmt.Sprintf("plugin %s %s, sha256 %s", m.Manifest.Name, oneLine(m.Manifest.Version), m.Digest)
				if err := key.Write(path, wasm, comment); err != nil {
					return failed(err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s%s  signed by %s: %s\n", path, signature.Suffix, key.Public().Name(), comment)
			}
			return nil
		},
	}
	c.Flags().StringVarP(&secret, "secret", "s", secret, "the `FILE` of the secret key")
	c.Flags().StringVar(&password, "password-file", "", "take the password from this `FILE`")
	return c
}

func pluginVerifyCommand() *cobra.Command {
	var keys, files []string
	c := &cobra.Command{
		Use:   "verify FILE…",
		Short: "Tell who signed plugins, and whether they are what was signed",
		Long: `Verify looks for FILE.minisig beside each plugin, and judges it as a vega does that
trusts the keys given by -P or -p; without either, those that plugins.trusted_keys
of the configuration (-c) names.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			trusted, err := trustedKeys(cmd, keys, files)
			if err != nil {
				return err
			}
			refused := 0
			for _, path := range paths {
				wasm, err := manifest.ReadFile(path)
				if err != nil {
					return err
				}
				key, err := signature.Read(path, wasm).By(trusted)
				if err != nil {
					refused++
					fmt.Fprintf(cmd.OutOrStdout(), "%s  refused: %v\n", path, err)
					continue
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s  signed by %s\n", path, key.Name())
			}
			if refused > 0 {
				return &exit{exitError, nil}
			}
			return nil
		},
	}
	c.Flags().StringSliceVarP(&keys, "key", "P", nil, "a public `KEY` to trust")
	c.Flags().StringSliceVarP(&files, "public", "p", nil, "the `FILE` of a public key to trust")
	return c
}

func trustedKeys(cmd *cobra.Command, keys, files []string) ([]signature.Key, error) {
	var all []signature.Key
	for _, text := range keys {
		k, err := signature.ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("-P %s: %w", text, err)
		}
		all = append(all, k)
	}
	for _, path := range files {
		k, err := signature.ReadKey(path)
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	if len(all) > 0 {
		return all, nil
	}
	cfg, err := pluginsOf(cmd)
	if err != nil {
		return nil, err
	}
	if !cfg.Plugins.Trust.Signed {
		return nil, fmt.Errorf("%s trusts no keys; name one with -P KEY or -p FILE", configPath(cmd))
	}
	return cfg.Plugins.Trust.Keys, nil
}

// pluginsOf is the configuration as far as it is about plugins: mistakes
// elsewhere in it, as that an integration has a plugin that is refused, are not
// what is asked for.
func pluginsOf(cmd *cobra.Command) (*config.Config, error) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, failed(err)
	}
	cfg, diags := config.Contact(configPath(cmd), config.Options{Bundled: bundled})
	if cfg == nil || slices.ContainsFunc(diags, func(d config.Diagnostic) bool { return d.Code == config.BadTrustedKey }) {
		return nil, failed(&config.InvalidError{Diagnostics: diags})
	}
	return cfg, nil
}

// askPassword is the first line of a file, or what a person types.
func askPassword(cmd *cobra.Command, file, prompt string) (string, error) {
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		line, _, _ := strings.Cut(string(b), "\n")
		return strings.TrimSuffix(line, "\r"), nil
	}
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		if err != nil && line == "" {
			return "", fmt.Errorf("there is no terminal to ask for %s; name a file with --password-file", prompt)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: ", prompt)
	b, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(cmd.ErrOrStderr())
	return string(b), err
}

// leastPassword is the fewest characters of a new password.
const leastPassword = 8

func newPassword(cmd *cobra.Command, file string) (string, error) {
	word, err := askPassword(cmd, file, "a new password for the key")
	if err != nil {
		return "", err
	}
	if len(word) < leastPassword {
		return "", fmt.Errorf("the password has %d characters; %d are the least (--unencrypted makes a key without one)", len(word), leastPassword)
	}
	if in, ok := cmd.InOrStdin().(*os.File); file == "" && ok && term.IsTerminal(int(in.Fd())) {
		again, err := askPassword(cmd, "", "the same again")
		if err != nil {
			return "", err
		}
		if again != word {
			return "", errors.New("the two passwords differ; nothing was written")
		}
	}
	return word, nil
}

// baseOf is a file's name for a table, "" for none.
func baseOf(path string) string {
	if path == "" {
		return ""
	}
	return manifest.FileName(path)
}
