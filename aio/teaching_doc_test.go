package aio_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTeachingDocument holds docs/coroutines.md to what runs: each ```go block of it is in teaching_test.go word for word, apart
// from how far it is indented, and each ```text block is the output that an example there proves.
func TestTeachingDocument(t *testing.T) {
	document, err := os.ReadFile("../docs/coroutines.md")
	if err != nil {
		t.Fatal(err)
	}
	tested, err := os.ReadFile("teaching_test.go")
	if err != nil {
		t.Fatal(err)
	}
	code, output := flat(string(tested), "\t"), flat(string(tested), "\t/ ")
	count := map[string]int{}
	for _, b := range fencedBlocks(string(document)) {
		count[b.kind]++
		switch {
		case b.kind == "go" && !strings.Contains(code, flat(b.text, "\t")):
			t.Errorf("docs/coroutines.md:%d: this Go block is not in teaching_test.go:\n%s", b.line, b.text)
		case b.kind == "text" && !strings.Contains(output, flat(b.text, " ")):
			t.Errorf("docs/coroutines.md:%d: no example of teaching_test.go has this output:\n%s", b.line, b.text)
		}
	}
	if count["go"] < 10 || count["text"] < 5 {
		t.Errorf("found %d Go blocks and %d outputs: is this the document?", count["go"], count["text"])
	}
}

// block is what stands between two fences.
type block struct {
	kind, text string
	line       int // of its first fence, from 1
}

func fencedBlocks(document string) (blocks []block) {
	var b block
	inside := false
	for i, line := range strings.Split(document, "\n") {
		kind, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && inside:
			inside = false
			blocks = append(blocks, b)
		case fence:
			inside = true
			b = block{kind: kind, line: i + 1}
		case inside:
			b.text += line + "\n"
		}
	}
	return blocks
}

// flat is text without what of indent begins its lines, and with a newline before each, so that only whole lines match.
func flat(text, indent string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("\n" + strings.TrimRight(strings.TrimLeft(line, indent), "\n"))
	}
	return b.String() + "\n"
}

// TestTeachingNames holds the document to names that exist: aio.Name, and Type.Name where Type is one of the package's.
func TestTeachingNames(t *testing.T) {
	document, err := os.ReadFile("../docs/coroutines.md")
	if err != nil {
		t.Fatal(err)
	}
	names := exportedNames(t)
	checked := 0
	for _, m := range regexp.MustCompile(`\b(\w+)\.([A-Z]\w*)`).FindAllStringSubmatch(string(document), -1) {
		full := m[2]
		switch owner := m[1]; {
		case owner == "co":
			full = "Co." + m[2]
		case names[owner]:
			full = owner + "." + m[2]
		case owner != "aio":
			continue // another package's, or a variable's
		}
		checked++
		if !names[full] {
			t.Errorf("docs/coroutines.md speaks of %s.%s, which the package does not have", m[1], m[2])
		}
	}
	if checked < 100 {
		t.Errorf("checked %d names only: is this the document?", checked)
	}
}

// exportedNames has the package's Name, and Type.Name of each method and field.
func exportedNames(t *testing.T) map[string]bool {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			addNames(names, d)
		}
	}
	return names
}

func addNames(names map[string]bool, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names[d.Name.Name] = true
			return
		}
		names[receiver(d.Recv.List[0].Type)+"."+d.Name.Name] = true
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					names[n.Name] = true
				}
			case *ast.TypeSpec:
				names[spec.Name.Name] = true
				if s, ok := spec.Type.(*ast.StructType); ok {
					for _, f := range s.Fields.List {
						for _, n := range f.Names {
							names[spec.Name.Name+"."+n.Name] = true
						}
					}
				}
			}
		}
	}
}

// receiver is the name of a method's type, without its pointer and type parameters.
func receiver(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}
