// Package secret holds a key that cannot be printed.
//
// A [Key] shows as *** under every verb of package fmt, in JSON, in text encodings and in log/slog, also where it sits in an
// unexported field of something that is printed: fmt calls no methods there, so the value itself is out of its reach in a
// closure (a pointer would not do: a verb that does not fit follows it). Only [Key.Reveal] gives it, to whoever signs with it or sends it.
//
//	k := secret.New("2b5eb11e18796d12...")
//	fmt.Printf("%+v", config) // {Key:*** ...}
//	signer := wire.NewSigner(id, k.Reveal())
//
// It never writes a key anywhere and cannot keep one out of a core dump.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what every face of a Key shows.
const hidden = "***"

// Key is a secret value. The zero value is empty.
type Key struct{ reveal func() string }

// New hides text.
func New(text string) Key { return Key{func() string { return text }} }

// Reveal is the hidden text.
func (k Key) Reveal() string {
	if k.reveal == nil {
		return ""
	}
	return k.reveal()
}

// Empty says whether there is nothing to hide.
func (k Key) Empty() bool { return k.Reveal() == "" }

// String is "***".
func (k Key) String() string { return hidden }

// GoString is "***".
func (k Key) GoString() string { return hidden }

// Format writes "***" for every verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, hidden) }

// LogValue is "***".
func (k Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is "***", and so are JSON and every other encoding built on it.
func (k Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }
