package plugin

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const (
	minPassword = 8    // minimum length of a new password
	maxPassword = 4096 // bytes read from a file
)

// askPassword returns the first line of file, or, without a file, what the user
// types at the prompt.
func askPassword(cmd *cobra.Command, file, prompt string) (string, error) {
	if file != "" {
		return firstLine(file)
	}
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		if err != nil && line == "" {
			return "", fmt.Errorf("no terminal to ask for %s; use --password-file", prompt)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: ", prompt)
	b, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(cmd.ErrOrStderr())
	return string(b), err
}

// firstLine returns the first line of a file.
func firstLine(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	line, err := io.ReadAll(io.LimitReader(f, maxPassword+1))
	if err != nil {
		return "", err
	}
	before, _, found := bytes.Cut(line, []byte("\n"))
	if !found && len(line) > maxPassword {
		return "", fmt.Errorf("the first line of %s is longer than %d bytes; name a file with a password", path, maxPassword)
	}
	return strings.TrimSuffix(string(before), "\r"), nil
}

// newPassword asks for a new password, on a terminal twice.
func newPassword(cmd *cobra.Command, file string) (string, error) {
	word, err := askPassword(cmd, file, "the password for the new key")
	if err != nil {
		return "", err
	}
	if len(word) < minPassword {
		return "", fmt.Errorf("the password has %d characters, fewer than the minimum of %d (--unencrypted makes a key without a password)", len(word), minPassword)
	}
	if in, ok := cmd.InOrStdin().(*os.File); file == "" && ok && term.IsTerminal(int(in.Fd())) {
		again, err := askPassword(cmd, "", "repeat the password")
		if err != nil {
			return "", err
		}
		if again != word {
			return "", errors.New("the passwords differ; nothing was written")
		}
	}
	return word, nil
}
