package lint

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// goRooms are the rooms in which a `go` statement may stand.
var goRooms = []string{"aio", "netio"}

func (c *checker) checkPackageComment(f *folder) {
	if len(f.files) == 0 || slices.ContainsFunc(f.files, func(file *ast.File) bool { return file.Doc != nil }) {
		return
	}
	c.report(f.files[0].Name, "package %s has no comment: a reader begins there; say what it gives, who owns its state and what it never does",
		f.files[0].Name.Name)
}

// checkComments wants a comment on every exported name: its own, that of its group, or one at the end of its line.
func (c *checker) checkComments(file *ast.File) {
	bare := func(name *ast.Ident, docs ...*ast.CommentGroup) {
		if name.IsExported() && !slices.ContainsFunc(docs, func(d *ast.CommentGroup) bool { return d != nil }) {
			c.report(name, "%s has no comment: it is part of the room's face; say what it means, with units, errors and the source of a rule", name.Name)
		}
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type)) {
				bare(d.Name, d.Doc)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					bare(s.Name, d.Doc, s.Doc, s.Comment)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						bare(n, d.Doc, s.Doc, s.Comment)
					}
				}
			}
		}
	}
}

// receiver is the name of a method's type.
func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.IndexExpr:
		return receiver(t.X)
	case *ast.IndexListExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// checkCode is for every file that is no test.
func (c *checker) checkCode(file *ast.File, r *room) {
	c.checkInit(file)
	if slices.Contains(goRooms, r.name) {
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if g, ok := n.(*ast.GoStmt); ok {
			c.report(g, "a go statement in %s: goroutines stand in aio and netio alone, so that everything else has one order; use aio.Go, "+
				"aio.RunBlocking or an inlet", r.name)
		}
		return true
	})
}

func (c *checker) checkInit(file *ast.File) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			c.report(f, "an init function: what happens before main has no caller to read; make the value where it is used, or pass it in")
		}
	}
}

func (c *checker) checkTest(file *ast.File) {
	c.checkInit(file)
	c.calls(file, "time", func(sel *ast.SelectorExpr) {
		if sel.Sel.Name == "Sleep" {
			c.report(sel, "time.Sleep in a test: it is slow or it flakes; use a virtual clock, testing/synctest, or wait for the condition")
		}
	})
}

// calls finds every selector on an imported package in a file, whatever the file calls it.
func (c *checker) calls(file *ast.File, path string, visit func(*ast.SelectorExpr)) {
	name := ""
	for _, spec := range file.Imports {
		if p, _ := strconv.Unquote(spec.Path.Value); p == path {
			if name = defaultName(path); spec.Name != nil {
				name = spec.Name.Name
			}
		}
	}
	if name == "" {
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == name && id.Obj == nil {
				visit(sel)
			}
		}
		return true
	})
}

// defaultName is what an import of a standard package is called.
func defaultName(path string) string {
	path = strings.TrimSuffix(path, "/v2")
	return path[strings.LastIndexByte(path, '/')+1:]
}

// clock are the functions of package time that read or wait for the clock of the process.
var clock = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}

// seeded are the names of math/rand that need a seed from the caller, and so are no global state.
var seeded = []string{"New", "NewSource", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "Source", "Source64", "PCG", "ChaCha8", "Zipf"}

// checkPure is for a pure room's files that are no tests.
func (c *checker) checkPure(f *folder, file *ast.File) {
	const why = "a pure room decides and waits for nothing"
	c.calls(file, "time", func(sel *ast.SelectorExpr) {
		if slices.Contains(clock, sel.Sel.Name) {
			c.report(sel, "time.%s in a pure room: the time must be the caller's, or a replay differs; take it as an argument", sel.Sel.Name)
		}
	})
	for _, path := range []string{"math/rand", "math/rand/v2"} {
		c.calls(file, path, func(sel *ast.SelectorExpr) {
			if !slices.Contains(seeded, sel.Sel.Name) {
				c.report(sel, "rand.%s in a pure room: global randomness cannot be replayed; take a seeded *rand.Rand as an argument", sel.Sel.Name)
			}
		})
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectStmt:
			c.report(n, "a select statement in a pure room: %s; return a fact and let a driver wait", why)
		case *ast.ChanType:
			c.report(n, "a channel in a pure room: %s; return what happened, or append it to a slice of the caller's", why)
		case *ast.SendStmt:
			c.report(n, "a channel send in a pure room: %s; return what happened", why)
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				c.report(n, "a channel receive in a pure room: %s; take the value as an argument", why)
			}
		case *ast.RangeStmt:
			if c.unordered(f, n) && !c.explained(file, n) {
				c.report(n, "a range over a map in a pure room: its order differs from run to run; range over sorted keys or a slice, or say "+
					"`// order: why it cannot be seen` on this line or the one above")
			}
		}
		return true
	})
}

// explained says whether a comment `// order: why` stands on the node's line or the one above.
func (c *checker) explained(file *ast.File, n ast.Node) bool {
	line := c.fset.Position(n.Pos()).Line
	for _, g := range file.Comments {
		for _, k := range g.List {
			at := c.fset.Position(k.Pos()).Line
			why, ok := strings.CutPrefix(k.Text, "// order:")
			if ok && strings.TrimSpace(why) != "" && (at == line || at == line-1) {
				return true
			}
		}
	}
	return false
}
