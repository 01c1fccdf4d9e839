package cli

import (
	"fmt"
	"strings"
	"time"
)

// bar is the progress of a long piece of work: a line that is written over on a terminal, a line every ten seconds elsewhere.
type bar struct{ line *statusLine }

// barWidth is the bar's length in characters.
const barWidth = 30

func (e *env) newBar() *bar { return &bar{line: newStatusLine(e.errs)} }

// bytes shows how far a transfer has come; size is -1 where it is not known.
func (b *bar) bytes(name string, done, size int64) {
	if size <= 0 {
		b.show(fmt.Sprintf("%s  %.1f MB", name, float64(done)/1e6))
		return
	}
	full := int(done * barWidth / size)
	b.show(fmt.Sprintf("%s  [%s%s] %3d %%  %.1f of %.1f MB", name, strings.Repeat("#", full), strings.Repeat(" ", barWidth-full),
		done*100/size, float64(done)/1e6, float64(size)/1e6))
}

// rows shows how many rows have been read.
func (b *bar) rows(name string, n int) { b.show(fmt.Sprintf("%s  %d rows", name, n)) }

func (b *bar) show(text string) {
	every := 100 * time.Millisecond
	if !b.line.terminal {
		every = quietEvery
	}
	if time.Since(b.line.last) < every {
		return
	}
	b.line.last, b.line.shown = time.Now(), true
	if b.line.terminal {
		fmt.Fprintf(b.line.w, "\r\x1b[2K%s", text)
		return
	}
	fmt.Fprintln(b.line.w, text)
}

// clear takes the bar off the terminal, so that a result can stand in its place.
func (b *bar) clear() {
	if b.line.terminal && b.line.shown {
		fmt.Fprint(b.line.w, "\r\x1b[2K")
		b.line.shown = false
	}
}
