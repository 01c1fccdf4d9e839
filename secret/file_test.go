package secret_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baton/secret"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "key")
	for mode, open := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true, 0o620: true, 0o666: true} {
		if err := errors.Join(os.WriteFile(name, []byte(text), 0o600), os.Chmod(name, mode)); err != nil {
			t.Fatal(err)
		}
		k, err := secret.ReadFile(name)
		if errors.Is(err, secret.ErrOpenToOthers) != open || !open && k.Reveal() != text || open && !k.Empty() {
			t.Errorf("mode %o: %v", mode, err)
		}
		if err != nil && (strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), "chmod 600")) {
			t.Errorf("mode %o: %v", mode, err)
		}
		if err := os.Chmod(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(name, make([]byte, 64<<10+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{name, dir, filepath.Join(dir, "none")} {
		if k, err := secret.ReadFile(bad); err == nil || !k.Empty() {
			t.Errorf("%s is read", bad)
		}
	}
}

func TestCredential(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, err := secret.Credential("baton"); err == nil || !strings.Contains(err.Error(), "LoadCredential") {
		t.Error(err)
	}
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if err := os.WriteFile(filepath.Join(dir, "baton"), []byte(text), 0o440); err != nil {
		t.Fatal(err)
	}
	if k, err := secret.Credential("baton"); err != nil || k.Reveal() != text {
		t.Error(err)
	}
	for _, bad := range []string{"", "../baton", "/etc/passwd", ".", "..", "none"} {
		if k, err := secret.Credential(bad); err == nil || !k.Empty() {
			t.Errorf("credential %q is read", bad)
		}
	}
}
