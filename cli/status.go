package cli

import (
	"fmt"
	"io"
	"os"
	"time"

	"baton/app"
)

// statusLine shows how a run is doing: one line that is written over on a terminal, a line every ten seconds elsewhere.
type statusLine struct {
	w        io.Writer
	terminal bool
	last     time.Time
	shown    bool
}

// quietEvery is how often a status is worth a line of its own in a log.
const quietEvery = 10 * time.Second

func newStatusLine(w io.Writer) *statusLine {
	return &statusLine{w: w, last: time.Now(), terminal: isTerminal(w)}
}

// isTerminal says whether a person sits before w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}

// show paints st. It is called some ten times a second, with the baton held: it must be cheap and must not block for long.
func (s *statusLine) show(st app.Status) {
	if !s.terminal && time.Since(s.last) < quietEvery {
		return
	}
	s.last, s.shown = time.Now(), true
	line := fmt.Sprintf("%s  %s  bid %s ask %s  pos %s  orders %d  fills %d  equity %s  fees %s  gaps %d",
		clock(st.Elapsed), st.Symbol, st.BestBid, st.BestAsk, st.Position, st.Orders, st.Fills, st.Equity.Fixed(2), st.Fees.Fixed(2), st.Gaps)
	if st.Done > 0 {
		line += fmt.Sprintf("  %3.0f %%", st.Done*100)
	}
	if s.terminal {
		fmt.Fprintf(s.w, "\r\x1b[2K%s", line)
		return
	}
	fmt.Fprintln(s.w, line)
}

// end leaves the cursor on a fresh line.
func (s *statusLine) end() {
	if s.terminal && s.shown {
		fmt.Fprintln(s.w)
	}
}

func clock(d time.Duration) string {
	sec := int(d / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", sec/3600, sec/60%60, sec%60)
}
