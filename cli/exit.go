package cli

import (
	"context"
	"errors"

	"baton/app"
	"baton/trade"
)

// The exit codes of verbs that deal with an exchange, beside 0, 1 and 2. They are frozen: scripts and the systemd unit rely on them.
const (
	exitCancelled   = 3 // a person said no
	exitForbidden   = 4 // the exchange refuses the key, or the key may do too much or too little
	exitUnreachable = 5 // the exchange does not answer
	exitLatched     = 8 // a limit or the kill switch: a person has to look before the next start
	exitUnknown     = 9 // it is not proven that nothing is left open: a person has to look at the exchange
)

// exitOf is the code of an error that is no usage error.
func exitOf(err error) int {
	switch {
	case errors.Is(err, app.ErrNotClean), errors.Is(err, errNotSettled):
		return exitUnknown
	case errors.Is(err, app.ErrLatched), errors.Is(err, app.ErrUnverified), errors.Is(err, trade.ErrLatched):
		return exitLatched
	case errors.Is(err, app.ErrDeclined):
		return exitCancelled
	case app.Forbidden(err):
		return exitForbidden
	case app.Unreachable(err) && !errors.Is(err, context.Canceled):
		return exitUnreachable
	}
	return exitFailed
}
