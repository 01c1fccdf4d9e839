package app

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"baton/exchange"
	"baton/exchange/flow"
	"baton/exchange/local"
	"baton/exchange/server"
	"baton/market"
)

// The ways in which a file of measured orders is used as a latency.
const (
	latencyRows  = "rows:"  // interpolated in time, from the start on
	latencyDrawn = "drawn:" // drawn by chance, each as often as it was measured
)

// shape reads how the exchange is to behave: the participants of a synthetic market, queue positions beside a recorded one, latencies.
// start is when the exchange opens.
func (e *Exchange) shape(cfg *server.Config, start market.Nanos) (err error) {
	if cfg.Plan, err = flow.ParsePlan(e.Plan); err != nil {
		return fmt.Errorf("--plan: %w", err)
	}
	if e.Queue != "" {
		if cfg.Exchange.Queue, err = exchange.ParseQueueModel(e.Queue); err != nil {
			return fmt.Errorf("--queue: %w", err)
		}
	}
	if err = e.latency(cfg, start); err != nil {
		return fmt.Errorf("--latency: %w", err)
	}
	return nil
}

func (e *Exchange) latency(cfg *server.Config, start market.Nanos) error {
	file, interpolated := strings.CutPrefix(e.Latency, latencyRows)
	drawnFile, drawn := strings.CutPrefix(e.Latency, latencyDrawn)
	switch {
	case e.Latency == "":
		return nil
	case drawn:
		file = drawnFile
	case !interpolated:
		l, err := local.ParseLatency(e.Latency)
		cfg.Out, cfg.Back = l, l
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	rows, err := local.ReadRows(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if drawn {
		cfg.Out.Drawn, cfg.Back.Drawn, err = local.Distributions(rows)
		return err
	}
	local.Shift(rows, start)
	cfg.Out.Table, cfg.Back.Table, err = local.Tables(rows)
	return err
}

// behaviour is what of it is shown to whoever runs the exchange, a line each.
func (e *Exchange) behaviour() (lines []string) {
	if len(e.Data) == 0 {
		plan := "makers and takers"
		if e.Plan != "" {
			plan += ", " + e.Plan
		}
		lines = append(lines, "participants: "+plan)
	} else {
		queue := e.Queue
		if queue == "" {
			queue = exchange.QueueModel{}.String()
		}
		lines = append(lines, "queue positions: "+queue)
	}
	latency := e.Latency
	if latency == "" {
		latency = "none"
	}
	return append(lines, "latency each way: "+latency)
}
