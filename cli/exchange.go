package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"baton/app"
)

// exchange is `baton exchange`: an exchange of one's own that any Binance USD-M client can trade on.
func (e *env) exchange() *cobra.Command {
	cfg := app.DefaultExchange()
	var asJSON bool
	var legacy string
	c := &cobra.Command{
		Use:   "exchange",
		Short: "Run an exchange on loopback that any Binance USD-M client can trade on",
		Long: "Starts a Binance USD-M futures exchange on this machine: matching, accounts, margin, funding, liquidation, REST, streams and\n" +
			"the WebSocket API. Point any Binance client's base URLs at it; its page at / shows how. Play money, no network beyond\n" +
			"loopback. Ctrl-C ends in order.\n\n" +
			"Participants of a synthetic market (--plan, with commas): bursts (they act in clusters, as recorded ones do), momentum=N (traders that\n" +
			"follow the price), cascade=TIME and crash=TIME after the start (leveraged longs are liquidated one by one; a flash crash).\n" +
			"Queue positions beside a recorded book (--queue): risk-averse (cancels happen behind), power:N, power2:N, power3:N, log, log2 (by chance),\n" +
			"fifo (recordings that name every order). Latency each way (--latency): 3ms, 3ms+250us (an even jitter on top), rows:FILE (measured\n" +
			"orders, interpolated in time), drawn:FILE (drawn from them); a file has three times in nanoseconds a line: request, exchange, response.\n\n" +
			"The control API changes all of it while it runs, starts scenarios (flash-crash, liquidation-cascade, mark-stall, mark-apart, funding-jump,\n" +
			"funding-interval, filter-change, halt, close-only, delisting, outage and more) and faults: its GET / lists them.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch legacy {
			case "", "public":
			case "all":
				cfg.Legacy = true
			default:
				return &usageError{fmt.Errorf("--legacy %q: must be public or all", legacy)}
			}
			if err := cfg.Validate(); err != nil {
				return &usageError{err}
			}
			cfg.Say = func(s string) { fmt.Fprintln(e.errs, s) }
			cfg.Ready = func(info *app.ExchangeInfo) { e.showExchange(info, asJSON) }
			return app.RunExchange(c.Context(), cfg)
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Listen, "listen", cfg.Listen, "where it listens: HOST:PORT, port 0 for any free one")
	f.StringVar(&cfg.Control, "control", "", "where the control API listens: HOST:PORT (default: any free port of the same host)")
	f.StringVar(&cfg.Symbols, "symbols", "", "an exchangeInfo file with the instruments (default: BTCUSDT and ETHUSDT)")
	f.StringSliceVar(&cfg.Data, "data", nil, "play these recorded raw feeds instead of a synthetic market: FILE[,FILE]")
	f.Uint64Var(&cfg.Flow, "flow", cfg.Flow, "seed of the synthetic market")
	f.StringVar(&cfg.Plan, "plan", "", "participants of the synthetic market beside makers and takers: bursts,momentum=N,cascade=TIME,crash=TIME")
	f.StringVar(&cfg.Queue, "queue", "", "queue positions beside a recorded book: risk-averse, power:N, power2:N, power3:N, log, log2 or fifo (default: risk-averse)")
	f.StringVar(&cfg.Latency, "latency", "", "of orders, answers and user events each way: MIN[+JITTER], rows:FILE or drawn:FILE (default: none)")
	f.IntVar(&cfg.History, "history", 0, "closed orders an account that queries find, and five times as many fills and incomes (default: 500)")
	f.DurationVar(&cfg.Life, "life", 0, "how long a WebSocket connection lives (default: 24h, as at Binance)")
	f.Float64Var(&cfg.Speed, "speed", cfg.Speed, "run by a clock of so many times the wall's speed, which the control API can pause and step (0: the wall's own)")
	f.StringVar(&cfg.Accounts, "accounts", "", "a JSON file of accounts and keys (default: one demo account)")
	f.StringVar(&cfg.Faults, "faults", "", "a file of faults, one a line: NAME PROBABILITY [WAIT], or NAME:ARGS as of demo --fault")
	f.BoolVar(&cfg.TLS, "tls", false, "serve https and wss with a generated certificate")
	f.StringVar(&cfg.State, "state", "", "keep accounts, positions and orders in this folder over a restart")
	f.StringVar(&legacy, "legacy", "public", "what un-routed stream paths deliver: public, as Binance since 2026-04, or all")
	f.BoolVar(&cfg.Strict, "strict", false, "refuse a recording with a bad line instead of skipping it")
	f.BoolVar(&asJSON, "json", false, "print what runs where as one JSON object")
	return c
}

// showExchange prints what runs where.
func (e *env) showExchange(info *app.ExchangeInfo, asJSON bool) {
	if asJSON {
		if b, err := json.Marshal(info); err == nil {
			fmt.Fprintf(e.out, "%s\n", b)
		}
		return
	}
	market := strings.Join(append([]string{info.Market}, info.Behaves...), "; ")
	fmt.Fprintf(e.out, "exchange    %s (open it in a browser)\nstreams     %s\nws-api      %s\napi key     %s\nsecret      %s\nmarket      %s\nsymbols     %d (%s)\ncontrol     %s (Authorization: Bearer %s)\n",
		info.REST, info.Streams, info.API, info.Key, info.Secret, market, len(info.Symbols), strings.Join(info.Symbols[:min(5, len(info.Symbols))], " "), info.Control, info.Token)
	if info.CA != "" {
		fmt.Fprintf(e.out, "certificate %s\n", info.CA)
	}
}
