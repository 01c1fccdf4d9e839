package binance

import (
	"errors"
	"strings"
)

// hiddenText stands for what must not be shown.
const hiddenText = "***"

// A text of at least longRun letters and digits in a row is hidden wherever it stands: signatures, API keys, secrets and listen
// keys have 64, no other part of a message for people comes near. What is known is hidden from minSecret characters on.
const (
	longRun   = 48
	minSecret = 8
)

// clean hides secrets in a text for people. Our own errors hold none; but a server, a proxy or a library may echo a request.
func (c *Client) clean(text string) string {
	for _, s := range [...]string{c.listenKey, c.cfg.Key, c.cfg.Secret.Reveal()} {
		if len(s) >= minSecret {
			text = strings.ReplaceAll(text, s, hiddenText)
		}
	}
	return hideRuns(text)
}

// hideRuns hides long runs of letters and digits.
func hideRuns(text string) string {
	var b strings.Builder
	from, start := 0, 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && alphanumeric(text[i]) {
			continue
		}
		if i-start >= longRun {
			b.WriteString(text[from:start])
			b.WriteString(hiddenText)
			from = i
		}
		start = i + 1
	}
	if from == 0 {
		return text
	}
	b.WriteString(text[from:])
	return b.String()
}

func alphanumeric(c byte) bool { return c|0x20-'a' < 26 || c-'0' < 10 }

// hidden is an error whose text is clean. What it wraps can be recognised, but not reached and so not printed.
type hidden struct {
	text string
	err  error
}

func (e *hidden) Error() string        { return e.text }
func (e *hidden) Is(target error) bool { return errors.Is(e.err, target) }

// hide gives err as it is where its text is clean.
func (c *Client) hide(err error) error {
	text := err.Error()
	if clean := c.clean(text); clean != text {
		return &hidden{clean, err}
	}
	return err
}
