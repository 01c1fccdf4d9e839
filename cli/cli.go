// Package cli holds every verb of the baton command, one file each. A user's own binary is the same one call with their
// strategies:
//
//	func main() { os.Exit(cli.Main(mine)) }
//
// Verbs parse flags, call package app and print: results on standard output (one JSON object with --json), progress and errors
// on standard error. Exit codes: 0 done, 1 the run failed or did not reconcile, 2 the command line was wrong;
// those of verbs that deal with an exchange are in exit.go.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"baton/trade"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// Main runs the command line of this process with the given strategies and returns the exit code.
func Main(strategies ...trade.Strategy) int {
	// The first Ctrl-C ends in order; a second one, after stop(), has the system's meaning.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return Run(ctx, os.Args[1:], os.Stdout, os.Stderr, strategies...)
}

// Run is [Main] with everything it touches passed in, for tests.
func Run(ctx context.Context, args []string, out, errs io.Writer, strategies ...trade.Strategy) int {
	e := &env{out: out, errs: errs, strategies: strategies}
	root := &cobra.Command{
		Use:           "baton",
		Short:         "A real-time trader for Binance USD-M futures",
		Long:          "Baton trades Binance USD-M futures with your own strategy coroutines: in a demo, on recorded markets, on paper, live.\nStart with:  baton demo",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return c.Help()
		},
	}
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see `%s --help`", err, c.CommandPath())}
	})
	root.AddCommand(e.demo(), e.paper(), e.live(), e.kill(), e.stop(), e.exchange(), e.doctor(), e.status(), e.backtest(), e.data(), e.create(), e.config(), e.torture(), e.replay())
	root.AddCommand(e.history()...)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(errs, "baton: %v\n", err)
	var usage *usageError
	if errors.As(err, &usage) || strings.HasPrefix(err.Error(), "unknown command") {
		return exitUsage
	}
	return exitOf(err)
}

// env is what the verbs share: the streams and the strategies of this binary.
type env struct {
	out, errs  io.Writer
	strategies []trade.Strategy
}

// usageError is a command line that cannot be carried out as it was typed.
type usageError struct{ error }

func (u *usageError) Unwrap() error { return u.error }

// strategy finds a strategy of this binary by name.
func (e *env) strategy(name string) (trade.Strategy, error) {
	var names []string
	for _, s := range e.strategies {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return trade.Strategy{}, &usageError{fmt.Errorf("no strategy %q in this binary: it has %s", name, strings.Join(names, ", "))}
}

// oneStrategy wants the name of one strategy; example is a command line that is right.
func oneStrategy(verb, example string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return &usageError{fmt.Errorf("%s takes one strategy: %s", verb, example)}
		}
		return nil
	}
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Errorf("unknown command %q for %s; see `%s --help`", args[0], c.CommandPath(), c.CommandPath())}
	}
	return nil
}

// duration is a time.Duration flag whose error says what would be right.
type duration struct{ d *time.Duration }

func (v duration) String() string {
	if v.d == nil || *v.d == 0 {
		return ""
	}
	return v.d.String()
}
func (v duration) Type() string { return "duration" }
func (v duration) Set(s string) error {
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a duration: write a number with its unit, like 30s, 5m or 1h30m", s)
	case d <= 0:
		return fmt.Errorf("%s is not a span of time: it must be more than zero", s)
	}
	*v.d = d
	return nil
}
