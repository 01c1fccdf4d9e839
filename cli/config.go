package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"baton/app"
	"baton/trade"
)

// settings are the flags of a verb that takes values from a file and the environment.
type settings struct {
	file string
	set  []string
}

func (s *settings) add(c *cobra.Command) {
	s.addFile(c)
	c.Flags().StringArrayVar(&s.set, "set", nil, "a parameter of the strategy: STRATEGY.NAME=VALUE (see `baton config show`)")
}

func (s *settings) addFile(c *cobra.Command) {
	c.Flags().StringVar(&s.file, "config", "", "the file with settings (default: $BATON_CONFIG, or baton/baton.yaml in $XDG_CONFIG_HOME)")
}

// load reads the file and the environment.
func (e *env) load(file string) (*app.Settings, error) {
	if file == "" {
		file = os.Getenv("BATON_CONFIG")
	}
	s, err := app.LoadSettings(file, os.Environ(), e.strategies)
	if err != nil {
		return nil, &usageError{err}
	}
	return s, nil
}

// settle gives each flag that nobody has typed what the file or the environment says, the latter before the former. It belongs to the
// beginning of a verb, before its flags are looked at.
func (e *env) settle(c *cobra.Command, s *settings) (*app.Settings, error) {
	all, err := e.load(s.file)
	if err != nil {
		return nil, err
	}
	if err := all.Of(c.Name(), func(x *app.Setting, _ *app.Value, text string) error {
		f := c.Flags().Lookup(x.Flag)
		if f.Changed {
			return nil
		}
		return f.Value.Set(text) // and it stays unchanged, as far as typing goes
	}); err != nil {
		return nil, &usageError{err}
	}
	return all, nil
}

// tuned is the strategy of that name with its parameters: those of the file and the environment, and above them those of --set.
func (e *env) tuned(name string, all *app.Settings, s *settings) (trade.Strategy, error) {
	st, err := e.strategy(name)
	if err != nil {
		return st, err
	}
	if st, err = all.Apply(st); err != nil {
		return st, &usageError{err}
	}
	values := map[string]string{}
	for _, text := range s.set {
		key, value, ok := strings.Cut(text, "=")
		of, param, dotted := strings.Cut(key, ".")
		switch {
		case !ok || !dotted:
			return st, &usageError{fmt.Errorf("--set %q: write STRATEGY.NAME=VALUE, like %s", text, example(&st))}
		case of != name:
			return st, &usageError{fmt.Errorf("--set %s: this run is of the strategy %s", text, name)}
		}
		values[param] = value
	}
	if st, err = st.With(values); err != nil {
		return st, &usageError{fmt.Errorf("--set: %w", err)}
	}
	return st, nil
}

// example is how a parameter of the strategy is set.
func example(st *trade.Strategy) string {
	if len(st.Params) == 0 {
		return "maker.depth=3"
	}
	return fmt.Sprintf("%s.%s=%s", st.Name, st.Params[0].Name, st.Params[0].Value)
}

// config is `baton config show` and `baton config check FILE`.
func (e *env) config() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Show what is set and where that came from, or check a settings file",
		Long: "Settings come from four layers: what is compiled in, a YAML file, variables (BATON__LIVE__MAX_LOSS_USDT is live.max_loss_usdt), and\n" +
			"flags; a later one wins. A key that there is not is refused, and no layer lifts a ceiling. Secrets have no place in any of them.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(e.configShow(), e.configCheck())
	return c
}

func (e *env) configShow() *cobra.Command {
	var s settings
	var origin, asJSON bool
	c := &cobra.Command{
		Use:   "show",
		Short: "Show every setting with its value",
		Long:  "Shows every setting and every parameter of this binary's strategies, as a run without flags would take them.",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := e.load(s.file)
			if err != nil {
				return err
			}
			if asJSON {
				b, err := json.Marshal(struct {
					Schema   string      `json:"schema"`
					File     string      `json:"file"` // "": there is none
					Settings []app.Value `json:"settings"`
				}{"baton.config/1", all.Path, all.All()})
				if err == nil {
					_, err = fmt.Fprintf(e.out, "%s\n", b)
				}
				return err
			}
			return e.printSettings(all, origin)
		},
	}
	s.addFile(c)
	f := c.Flags()
	f.BoolVar(&origin, "origin", false, "show which layer said so: default, the line of the file, or the variable")
	f.BoolVar(&asJSON, "json", false, "print one JSON object, origins included")
	return c
}

func (e *env) printSettings(all *app.Settings, origin bool) error {
	w := tabwriter.NewWriter(e.out, 0, 8, 2, ' ', 0)
	for _, v := range all.All() {
		text := v.Text
		if text == "" {
			text = "-"
		}
		about := v.About
		if v.Ceiling != "" {
			about += "; at most " + v.Ceiling
		}
		if origin {
			from := v.Origin
			if v.Where != "" {
				from = v.Origin + " " + v.Where
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.Key, text, from, about)
		} else {
			fmt.Fprintf(w, "%s\t%s\t%s\n", v.Key, text, about)
		}
	}
	return w.Flush()
}

func (e *env) configCheck() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a settings file, without running anything",
		Long:  "Reads the file as a run would, the environment left out, and reports all mistakes at once with their lines. Exit code 0: there is none.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{errors.New("config check takes one file: baton config check baton.yaml")}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			n, err := e.checkSettings(args[0])
			if asJSON {
				return errors.Join(err, e.printChecked(args[0], n, err))
			}
			if err == nil {
				_, err = fmt.Fprintf(e.out, "%s: %d settings, and all of them can be\n", args[0], n)
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// checkSettings reads a file and tries each value on the flag that it is for. It gives how many values the file has.
func (e *env) checkSettings(file string) (n int, err error) {
	all, err := app.LoadSettings(file, nil, e.strategies)
	if err != nil {
		return 0, &usageError{err}
	}
	for _, v := range all.All() {
		if v.Origin == app.OriginFile {
			n++
		}
	}
	var wrong []error
	for _, c := range []*cobra.Command{e.demo(), e.backtest(), e.paper(), e.live()} {
		wrong = append(wrong, all.Of(c.Name(), func(x *app.Setting, _ *app.Value, text string) error { return c.Flags().Lookup(x.Flag).Value.Set(text) }))
	}
	if err := errors.Join(wrong...); err != nil {
		return n, &usageError{err}
	}
	return n, nil
}

func (e *env) printChecked(file string, n int, wrong error) error {
	out := struct {
		Schema   string   `json:"schema"`
		File     string   `json:"file"`
		Settings int      `json:"settings"`
		Errors   []string `json:"errors"`
	}{"baton.config-check/1", file, n, []string{}}
	if wrong != nil {
		out.Errors = strings.Split(wrong.Error(), "\n")
	}
	b, err := json.Marshal(out)
	if err == nil {
		_, err = fmt.Fprintf(e.out, "%s\n", b)
	}
	return err
}
