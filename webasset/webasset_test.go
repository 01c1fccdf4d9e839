package webasset_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"
	"testing"

	"baton/webasset"
)

// TestFilesAreTheLockedOnes compares every embedded file with its line in LOCK, both ways, and asks a licence of each package.
func TestFilesAreTheLockedOnes(t *testing.T) {
	locked, licensed := map[string]string{}, map[string]bool{}
	for line := range strings.Lines(webasset.Lock()) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		if len(f) != 4 {
			t.Fatalf("LOCK: want name, version, sha256 and path, have %q", line)
		}
		locked[path.Join(f[0], f[3])] = f[2]
		licensed[f[0]] = licensed[f[0]] || f[3] == "LICENSE"
	}
	for name, has := range licensed {
		if !has {
			t.Errorf("%s has no LICENSE in LOCK", name)
		}
	}
	err := fs.WalkDir(webasset.Files(), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(webasset.Files(), file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(text)
		if have := hex.EncodeToString(sum[:]); locked[file] != have {
			t.Errorf("%s has sha256 %s, LOCK says %q: copy it anew from the package, unchanged", file, have, locked[file])
		}
		delete(locked, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for file := range locked {
		t.Errorf("LOCK names %s, which is not there", file)
	}
}
