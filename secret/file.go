package secret

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// fileMax bounds a file of secrets, in bytes; a private key of 4096 bits in PEM has about 3,300.
const fileMax = 64 << 10

// credentialsVar names the folder of a service's credentials (systemd.exec, LoadCredential).
const credentialsVar = "CREDENTIALS_DIRECTORY"

// ErrOpenToOthers: a file of secrets that other users of the machine can read or change.
var ErrOpenToOthers = errors.New("other users can read or change it")

// ReadFile reads a file of secrets, which must be a plain file that only its owner may touch (mode 0600 or 0400; Windows has no
// such mode, and is not asked). No error shows what the file holds.
func ReadFile(path string) (Key, error) { return read(path, runtime.GOOS != "windows") }

// Credential reads a credential that systemd has put into the service's own folder ($CREDENTIALS_DIRECTORY): LoadCredential=NAME:FILE
// or LoadCredentialEncrypted=. Nobody else can enter that folder, so the mode of the file does not matter.
func Credential(name string) (Key, error) {
	dir := os.Getenv(credentialsVar)
	switch {
	case dir == "":
		return Key{}, fmt.Errorf("credential %q: $%s is not set: run this as a systemd service with LoadCredential=%s:FILE, or name a file of mode 0600", name, credentialsVar, name)
	case name == "" || name != filepath.Base(name) || strings.HasPrefix(name, "."):
		return Key{}, fmt.Errorf("credential %q is no name: write it as in LoadCredential=NAME:FILE", name)
	}
	return read(filepath.Join(dir, name), false)
}

// read reads a bounded plain file. What is checked is the file that was opened, not what its name means a moment later.
func read(path string, private bool) (k Key, err error) {
	if st, err := os.Stat(path); err != nil {
		return Key{}, err
	} else if !st.Mode().IsRegular() { // a pipe would block
		return Key{}, fmt.Errorf("%s is no plain file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Key{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return Key{}, err
	}
	if mode := st.Mode().Perm(); private && mode&0o077 != 0 {
		return Key{}, fmt.Errorf("%s has mode %04o: %w: write `chmod 600 %s`, and make a new key if anybody may have read it", path, mode, ErrOpenToOthers, path)
	}
	b, err := io.ReadAll(io.LimitReader(f, fileMax+1))
	switch {
	case err != nil:
		return Key{}, err
	case len(b) > fileMax:
		return Key{}, fmt.Errorf("%s has more than %d bytes: it is no file of one key", path, fileMax)
	}
	return New(string(b)), nil
}
