package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"baton/app"
	"baton/cli"
)

func TestExchangeCommandLine(t *testing.T) {
	for line, want := range map[string]string{
		"exchange --legacy some":            "must be public or all",
		"exchange --listen nowhere":         "HOST:PORT",
		"exchange --speed -1":               "--speed",
		"exchange --control here":           "--control",
		"exchange now":                      "unknown command",
		"exchange --accounts /nowhere.json": "--accounts",
		"exchange --faults /nowhere.txt":    "--faults",
	} {
		var errs bytes.Buffer
		if code := cli.Run(t.Context(), strings.Fields(line), io.Discard, &errs); code == 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit %d, %s", line, code, errs.String())
		}
	}
}

// stopper ends the run as soon as it has said what runs where.
type stopper struct {
	bytes.Buffer
	stop func()
}

func (s *stopper) Write(b []byte) (int, error) {
	defer s.stop()
	return s.Buffer.Write(b)
}

func TestExchangeSaysWhatRuns(t *testing.T) {
	for _, flags := range []string{"--json", ""} {
		ctx, stop := context.WithCancel(t.Context())
		out := &stopper{stop: stop}
		var errs bytes.Buffer
		code := cli.Run(ctx, append([]string{"exchange", "--listen", "127.0.0.1:0"}, strings.Fields(flags)...), out, &errs)
		stop()
		if code != 0 {
			t.Errorf("%s: exit %d, %s", flags, code, errs.String())
		}
		var info app.ExchangeInfo
		if flags != "" && (json.Unmarshal(out.Bytes(), &info) != nil || info.REST == "" || info.Token == "" || info.Key == "") {
			t.Errorf("%s", out)
		}
		if flags == "" && (!strings.Contains(out.String(), "api key") || !strings.Contains(out.String(), "http://127.0.0.1:")) {
			t.Errorf("%s", out)
		}
	}
}
