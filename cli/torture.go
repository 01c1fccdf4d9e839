package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"baton/internal/torture"
)

// errTortured is a campaign that found something; its report was printed.
var errTortured = errors.New("a promise was broken: the report names the seed and the few faults that it takes")

// torture is `baton torture`: the whole trader through seeded disasters.
func (e *env) torture() *cobra.Command {
	c := torture.Campaign{Mode: torture.Wire, From: 1, Seeds: 100}
	var faults, mode string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "torture",
		Short: "Run the whole trader through seeded disasters and check its promises",
		Long: "Runs strategies, kernel, journal, client, network, exchange server and exchange on one virtual clock, a seed a run: 60 virtual\n" +
			"seconds of trading in three symbols while faults of the catalogue go on and off and the process dies, then calm. Promises are\n" +
			"checked at every message by an observer that reads the exchange's own state. A failure is printed with its seed, the few faults\n" +
			"that it takes, and its trace; the exit code is 1 then.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if c.Faults, err = torture.ParseFaults(faults); err != nil {
				return &usageError{err}
			}
			c.Mode = torture.Mode(mode)
			if c.Mode != torture.Wire && c.Mode != torture.Direct {
				return &usageError{fmt.Errorf("no mode %q: there are wire and direct", mode)}
			}
			if c.Seeds < 1 {
				return &usageError{fmt.Errorf("%d seeds are none: ask for one or more", c.Seeds)}
			}
			c.Stop = func() bool { return cmd.Context().Err() != nil }
			c.Ran = e.tortured
			return e.tortureEnd(c.Run(), asJSON)
		},
	}
	f := cmd.Flags()
	f.IntVar(&c.Seeds, "seeds", c.Seeds, "how many seeds run, one after the other")
	f.Uint64Var(&c.From, "from", c.From, "the first seed")
	f.StringVar(&faults, "faults", "", "only these faults of the catalogue: ID[,ID], or none (default: all)")
	f.StringVar(&mode, "mode", string(torture.Wire), "wire: with client, network and server; direct: the exchange in the process")
	f.BoolVar(&asJSON, "json", false, "print one JSON object at the end")
	return cmd
}

// tortured tells of progress, and at once of a failure.
func (e *env) tortured(done int, r *torture.Result) {
	const every = 25
	if r.Failed() {
		fmt.Fprintf(e.errs, "seed %d: %s\n", r.Seed, strings.TrimSpace(r.Violations[0].String()))
	}
	if done%every == 0 {
		fmt.Fprintf(e.errs, "%d seeds done, up to %d\n", done, r.Seed)
	}
}

func (e *env) tortureEnd(rep torture.Report, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(rep); err != nil {
			return err
		}
	} else {
		fmt.Fprint(e.out, rep.String())
	}
	if rep.Failed > 0 {
		return errTortured
	}
	return nil
}
