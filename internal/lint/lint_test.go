package lint_test

import (
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"baton/internal/lint"
)

// TestHouse is the house test itself.
func TestHouse(t *testing.T) {
	policy, err := os.ReadFile("rooms.txt")
	if err != nil {
		t.Fatal(err)
	}
	findings, err := lint.Check(os.DirFS("../.."), string(policy))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}

const policy = `
pure ground:          # a comment
     aio:
pure money:    ground
     shop:     aio ground money example.com/allowed
     top:      *
tests only: kit
_test.go files: example.com/testing
`

// clean is a small repository without a fault.
var clean = map[string]string{
	"go.mod":              "module house\n\ngo 1.26\n",
	"ground/ground.go":    "// Package ground is the ground.\npackage ground\n\n// Table is a table.\ntype Table map[string]int\n\n// The sides.\nconst (\n\tLeft = iota\n\tRight\n)\n",
	"aio/aio.go":          "// Package aio runs.\npackage aio\n\n// Run runs.\nfunc Run(f func()) { go f() }\n",
	"money/money.go":      "// Package money counts.\npackage money\n\nimport (\n\t\"slices\"\n\t\"maps\"\n\t\"time\"\n\t\"net/url\"\n\t\"math/rand/v2\"\n\t\"house/ground\"\n)\n\n// Sum adds.\nfunc Sum(t ground.Table, d time.Duration, r *rand.Rand) (n int) {\n\t// order: addition commutes\n\tfor _, v := range t {\n\t\tn += v\n\t}\n\tfor _, k := range slices.Sorted(maps.Keys(t)) {\n\t\tn += len(k)\n\t}\n\treturn n + r.IntN(2)\n}\n\ntype hidden struct{}\n\nfunc (hidden) Close() {}\n",
	"money/money_test.go": "package money_test\n\nimport (\n\t\"os\"\n\t\"testing\"\n\t\"house/shop\"\n\t\"house/kit\"\n\t\"example.com/testing/x\"\n)\n\nfunc TestX(t *testing.T) { os.Getpid(); shop.F(); kit.F(); x.F(); for range map[int]int{} {} }\n",
	"shop/shop.go":        "// Package shop sells.\npackage shop\n\nimport (\n\t\"os\"\n\t\"time\"\n\t\"house/aio\"\n\t\"example.com/allowed/sub\"\n)\n\n// F sells.\nfunc F() { aio.Run(nil); sub.F(); os.Getpid(); time.Now(); for range map[int]int{} {} }\n",
	"kit/kit.go":          "// Package kit tests.\npackage kit\n\nimport \"house/shop\"\n\n// F tests.\nfunc F() { shop.F() }\n",
	"top/testdata/x.go":   "package broken {",
	".hidden/x.go":        "package broken {",
	"own/go.mod":          "module own\n",
	"own/x.go":            "package own\n",
	"docs/page.md":        "no Go here\n",
}

func check(t *testing.T, policy string, change map[string]string) []lint.Finding {
	t.Helper()
	files := maps.Clone(clean)
	maps.Copy(files, change)
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	findings, err := lint.Check(tree, policy)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

func TestACleanHouseHasNoFindings(t *testing.T) {
	for _, f := range check(t, policy, nil) {
		t.Error(f)
	}
}

// TestItBites plants one fault of each kind and wants exactly that one found, at its place.
func TestItBites(t *testing.T) {
	pure := func(imports, body string) map[string]string {
		return map[string]string{"money/bad.go": "package money\n" + imports + "\nfunc bad(t table, ch any) {\n" + body + "\n}\n\ntype table map[int]int\n"}
	}
	one := func(name, text string) map[string]string { return map[string]string{name: text} }
	for _, c := range []struct {
		what   string
		change map[string]string
		want   string
	}{
		{"an import upwards", one("ground/bad.go", "package ground\n\nimport _ \"house/money\"\n"), "ground/bad.go:3: ground imports money, which internal/lint/rooms.txt does not allow it"},
		{"an unknown room", one("shop/bad.go", "package shop\n\nimport _ \"house/utils\"\n"), "shop/bad.go:3: shop imports utils, which is no room"},
		{"a test room in the product", one("shop/bad.go", "package shop\n\nimport _ \"house/kit\"\n"), "shop/bad.go:3: shop imports kit, which is for tests only"},
		{"a module", one("shop/bad.go", "package shop\n\nimport _ \"example.com/other\"\n"), "shop/bad.go:3: shop imports the module example.com/other"},
		{"another's module", one("money/bad.go", "package money\n\nimport _ \"example.com/allowed\"\n"), "money/bad.go:3: money imports the module example.com/allowed"},
		{"a test module in the product", one("shop/bad.go", "package shop\n\nimport _ \"example.com/testing\"\n"), "shop/bad.go:3: shop imports the module example.com/testing"},
		{"a module in a test", one("shop/bad_test.go", "package shop\n\nimport _ \"example.com/other\"\n"), "shop/bad_test.go:3: shop imports the module example.com/other"},
		{"a folder nobody named", one("utils/u.go", "// Package utils is everything.\npackage utils\n"), "utils/u.go:2: folder utils is unknown"},
		{"a package without a comment", one("top/top.go", "package top\n"), "top/top.go:1: package top has no comment"},
		{"a function without a comment", one("shop/bad.go", "package shop\n\nfunc Bad() {}\n"), "shop/bad.go:3: Bad has no comment"},
		{"a method without a comment", one("shop/bad.go", "package shop\n\n// T is a type.\ntype T[K any] struct{}\n\nfunc (t *T[K]) Bad() {}\n"), "shop/bad.go:6: Bad has no comment"},
		{"a type without a comment", one("shop/bad.go", "package shop\n\ntype Bad int\n"), "shop/bad.go:3: Bad has no comment"},
		{"a variable without a comment", one("shop/bad.go", "package shop\n\nvar Bad int\n"), "shop/bad.go:3: Bad has no comment"},
		{"a constant of a bare group", one("shop/bad.go", "package shop\n\nconst (\n\tA = 1 // said\n\tBad = 2\n)\n"), "shop/bad.go:5: Bad has no comment"},
		{"an init function", one("shop/bad.go", "package shop\n\nfunc init() {}\n"), "shop/bad.go:3: an init function"},
		{"an init function in a test", one("shop/bad_test.go", "package shop\n\nfunc init() {}\n"), "shop/bad_test.go:3: an init function"},
		{"a go statement", one("shop/bad.go", "package shop\n\nfunc bad() { go bad() }\n"), "shop/bad.go:3: a go statement in shop"},
		{"a go statement in a pure room", pure("", "go bad(nil, nil)"), "money/bad.go:4: a go statement in money"},
		{"a sleeping test", one("shop/bad_test.go", "package shop\n\nimport late \"time\"\n\nfunc bad() { late.Sleep(1) }\n"), "shop/bad_test.go:5: time.Sleep in a test"},
		{"a channel", pure("", "_ = ch.(chan int)"), "money/bad.go:4: a channel in a pure room"},
		{"a select", pure("", "select {}"), "money/bad.go:4: a select statement in a pure room"},
		{"a send", pure("", "t.c <- 1"), "money/bad.go:4: a channel send in a pure room"},
		{"a receive", pure("", "<-t.c"), "money/bad.go:4: a channel receive in a pure room"},
		{"a lock", pure("import _ \"sync\"", ""), "money/bad.go:2: money imports sync"},
		{"an atomic", pure("import _ \"sync/atomic\"", ""), "money/bad.go:2: money imports sync/atomic"},
		{"a file", pure("import _ \"os\"", ""), "money/bad.go:2: money imports os"},
		{"a socket", pure("import _ \"net/http\"", ""), "money/bad.go:2: money imports net/http"},
		{"time.Now", pure("import \"time\"", "time.Now()"), "money/bad.go:4: time.Now in a pure room"},
		{"time.Since by another name", pure("import t2 \"time\"", "_ = t2.Since"), "money/bad.go:4: time.Since in a pure room"},
		{"time.After", pure("import \"time\"", "time.After(1)"), "money/bad.go:4: time.After in a pure room"},
		{"time.Sleep", pure("import \"time\"", "time.Sleep(1)"), "money/bad.go:4: time.Sleep in a pure room"},
		{"global random", pure("import \"math/rand/v2\"", "rand.IntN(3)"), "money/bad.go:4: rand.IntN in a pure room"},
		{"old global random", pure("import \"math/rand\"", "rand.Seed(3)"), "money/bad.go:4: rand.Seed in a pure room"},
		{"a map's order", pure("", "for range t {}"), "money/bad.go:4: a range over a map"},
		{"a map's order, badly excused", pure("", "// order:\nfor range t {}"), "money/bad.go:5: a range over a map"},
		{"a map's order, excused elsewhere", pure("", "// order: none\n\nfor range t {}\n// order: none"), "money/bad.go:6: a range over a map"},
		{"a map of another room", pure("import \"house/ground\"", "var m struct{ t ground.Table }\nfor range m.t {}"), "money/bad.go:5: a range over a map"},
		{"maps.Keys", pure("import \"maps\"", "for range maps.Keys(t) {}"), "money/bad.go:4: a range over a map"},
	} {
		found := check(t, policy, c.change)
		if len(found) != 1 || !strings.HasPrefix(found[0].String(), c.want) {
			t.Errorf("%s: found %v, want %s", c.what, found, c.want)
		}
	}
}

func TestABadPolicyIsFound(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"pure high: higher", "internal/lint/rooms.txt:2: room high may import higher, which does not stand above it"},
		{"nonsense", `internal/lint/rooms.txt:2: "nonsense" is no rule`},
	} {
		found := check(t, "\n"+c.line+policy, nil)
		if len(found) != 1 || !strings.HasPrefix(found[0].String(), c.want) {
			t.Errorf("%s: found %v, want %s", c.line, found, c.want)
		}
	}
	if found := check(t, policy+"shop:\n", nil); len(found) != 1 || !strings.Contains(found[0].Text, "room shop stands here twice") {
		t.Errorf("twice: %v", found)
	}
}

func TestATreeThatCannotBeReadIsAnError(t *testing.T) {
	if _, err := lint.Check(fstest.MapFS{}, policy); err == nil {
		t.Error("no module, no error")
	}
	broken := fstest.MapFS{"go.mod": {Data: []byte("module house\n")}, "shop/shop.go": {Data: []byte("package {")}}
	if _, err := lint.Check(broken, policy); err == nil || !strings.Contains(err.Error(), "shop/shop.go") {
		t.Errorf("a file that does not parse: %v", err)
	}
}
