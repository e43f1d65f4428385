package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/vega/console"
)

// The files that commands read without -c.
const (
	LocalConfig  = "vega.hcl"
	SystemConfig = "/etc/vega/vega.hcl"
)

// ConfigPath returns the path that -c gives, or otherwise the default.
func ConfigPath(cmd *cobra.Command) string {
	path, err := cmd.Flags().GetString("config")
	if err != nil { // the root defines the flag
		panic(err)
	}
	if !cmd.Flags().Changed("config") {
		return DefaultPath(LocalConfig, SystemConfig)
	}
	return path
}

// DefaultPath returns the first of two files that exists, and local if none does.
func DefaultPath(local, system string) string {
	if _, err := os.Lstat(local); !errors.Is(err, fs.ErrNotExist) {
		return local
	}
	if _, err := os.Stat(system); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return local
	}
	return system
}

// CheckConfigPath refuses a path that names no file: an empty one, most likely
// from an unset variable of a shell, and standard input.
func CheckConfigPath(path string) error {
	switch path {
	case "":
		return errors.New("the path of the configuration file is empty; name the file")
	case "-":
		return errors.New("vega reads its configuration from a file, not from standard input, because paths in it start from the directory of the file; name a file")
	default:
		return nil
	}
}

// Overrides holds the settings that the command line replaces.
type Overrides struct {
	Host    string
	Port    uint16
	SetPort bool // Port was given; it may be 0
}

// apply sets the port. Port 0 picks any free one, which the configuration
// itself can't request.
func (o Overrides) apply(cfg *config.Config) {
	if o.SetPort {
		cfg.Server.Port = int(o.Port)
	}
}

// Reader returns a function that reads and checks the configuration each time it
// is called, and applies the overrides.
func Reader(path string, o Overrides) (func(config.Scan) config.Reading, error) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, Failed(err)
	}
	return func(scan config.Scan) config.Reading {
		r := config.Read(path, config.Options{Bundled: bundled, Scan: scan, Host: o.Host, Port: int(o.Port)})
		if r.Config != nil {
			o.apply(r.Config)
		}
		return r
	}, nil
}

// Load reads the configuration once. For a valid one it also returns the
// warnings.
func Load(path string) (*config.Config, diag.Diagnostics, error) {
	read, err := Reader(path, Overrides{})
	if err != nil {
		return nil, nil, err
	}
	r := read(nil)
	if r.Config == nil {
		return nil, nil, Failed(&config.InvalidError{Diagnostics: r.Diagnostics})
	}
	return r.Config, r.Diagnostics, nil
}

// LoadAndWarn loads the configuration that -c names and prints its warnings to
// the error stream.
func LoadAndWarn(cmd *cobra.Command) (*config.Config, error) {
	cfg, warnings, err := Load(ConfigPath(cmd))
	if err != nil {
		return nil, err
	}
	return cfg, PrintDiagnostics(cmd, warnings)
}

// LoadLenient loads the configuration for a command that asks the running
// daemon. A mistake in the file must not stop the operator from asking. If
// enough of the file is valid to find the daemon, LoadLenient prints one line
// and returns the mistake along with the configuration. Warnings, which are not
// about the question, get one line, too.
func LoadLenient(cmd *cobra.Command) (_ *config.Config, mistake, _ error) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, nil, Failed(err)
	}
	cfg, diags := config.LoadLenient(ConfigPath(cmd), config.Options{Bundled: bundled})
	invalid := Failed(&config.InvalidError{Diagnostics: diags})
	switch {
	case cfg == nil:
		return nil, nil, invalid
	case diags.HasErrors():
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has errors (see vega validate); using only its settings for reaching the daemon.\n", ConfigPath(cmd))
		return cfg, invalid, nil
	case len(diags) == 1:
		fmt.Fprintf(cmd.ErrOrStderr(), "%[1]s has a warning; vega validate %[1]s shows it.\n", ConfigPath(cmd))
	case len(diags) > 1:
		fmt.Fprintf(cmd.ErrOrStderr(), "%[1]s has %[2]d warnings; vega validate %[1]s shows them.\n", ConfigPath(cmd), len(diags))
	}
	return cfg, nil, nil
}

// LoadPlaces loads the configuration for a command that only needs to know where vega's
// files are. It prints a line if there are mistakes, as long as they are not about that.
func LoadPlaces(cmd *cobra.Command) (*config.Config, error) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, Failed(err)
	}
	cfg, diags := config.LoadLenient(ConfigPath(cmd), config.Options{Bundled: bundled})
	if cfg == nil {
		return nil, Failed(&config.InvalidError{Diagnostics: diags})
	}
	if diags.HasErrors() {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s has errors (see vega validate); using only data_dir and store.path.\n", ConfigPath(cmd))
	}
	return cfg, nil
}

// PrintDiagnostics prints diagnostics to the error stream.
func PrintDiagnostics(cmd *cobra.Command, diags diag.Diagnostics) error {
	if err := diags.WriteText(cmd.ErrOrStderr(), console.HasColor(cmd.ErrOrStderr())); err != nil {
		return fmt.Errorf("print the diagnostics: %w", err)
	}
	return nil
}
