package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"baton/app"
)

// pageFlags are the flags of a mode that serves a page.
type pageFlags struct {
	addr     string
	headless bool
}

func (p *pageFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.addr, "page", "", "where the page to watch it on is served, HOST:PORT (default 127.0.0.1:7373, or the next free port)")
	f.BoolVar(&p.headless, "headless", false, "serve no page")
}

// page is what the flags say; nil for none.
func (p *pageFlags) page(c *cobra.Command, errs io.Writer) (*app.Page, error) {
	switch {
	case p.headless && c.Flags().Changed("page"):
		return nil, &usageError{errors.New("--page and --headless: a page is served, or none: give one of them")}
	case p.headless:
		return nil, nil
	}
	return newPage(p.addr, errs), nil
}

// newPage is a page whose address is printed, never opened.
func newPage(addr string, errs io.Writer) *app.Page {
	return &app.Page{
		Addr: addr,
		Open: func(url string) { fmt.Fprintf(errs, "page: %s\n", url) },
		Warn: func(text string) { fmt.Fprintln(errs, text) },
	}
}
