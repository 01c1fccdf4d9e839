package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"baton/secret"
)

const text = "2b5eb11e18796d12"

type outer struct {
	Shown  secret.Key
	hidden secret.Key
	deep   struct{ key *secret.Key }
}

func TestKeyIsNeverPrinted(t *testing.T) {
	k := secret.New(text)
	o := outer{Shown: k, hidden: k}
	o.deep.key = &k
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T", "%c", "%U", "%t", "%e"} {
		for _, x := range []any{k, &k, o, &o, []secret.Key{k}, map[string]secret.Key{"k": k}, []any{o}, fmt.Errorf("with %v", o)} {
			fmt.Fprintf(&out, verb, x)
		}
	}
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("key", "key", k, "outer", o)
	slog.New(slog.NewTextHandler(&out, nil)).Info("key", "key", k, "outer", o)
	if s := out.String(); strings.Contains(s, text) || strings.Contains(s, fmt.Sprintf("%x", text)) || !strings.Contains(s, "***") {
		t.Errorf("the key shows:\n%s", s)
	}
	if k.Reveal() != text || k.Empty() || !(secret.Key{}).Empty() {
		t.Error("Reveal does not give what was hidden")
	}
}

func Example() {
	k := secret.New("2b5eb11e18796d12")
	fmt.Println(k, len(k.Reveal()))
	// Output: *** 16
}
