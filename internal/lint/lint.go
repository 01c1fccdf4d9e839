// Package lint is the house test: it reads the whole repository as text and says where it breaks the rules of the house. The
// policy is data, rooms.txt beside this file: which folders there are, what each may import, and which are pure.
//
//	findings, err := lint.Check(os.DirFS("../.."), policy)
//	for _, f := range findings {
//		t.Error(f) // order/order.go:12: time.Now in a pure room: ...
//	}
//
// What it checks: imports and folders against the policy; a package comment in every room and a comment on every exported
// name; in a pure room no goroutine, channel, lock, clock, file, socket, global random or unexplained map order; `go` statements
// in aio and netio alone; no init function; no time.Sleep in a test. It keeps no state and reads nothing but the tree it is
// given. Types are resolved inside the repository only, which is enough to tell a map from a slice.
package lint

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Finding is one broken rule.
type Finding struct {
	File string // slash-separated, from the root of the tree
	Line int
	Text string // what, why, what to do
}

// String is "file:line: text".
func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// Check reads every Go file of the tree and returns what breaks the rules, sorted by place. Folders named testdata or
// beginning with '.' or '_', and modules of their own, are left out. An error means that the tree or the policy cannot be read.
func Check(tree fs.FS, policy string) ([]Finding, error) {
	mod, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("lint: no module at the root: %w", err)
	}
	c := &checker{tree: tree, module: moduleName(string(mod)), fset: token.NewFileSet(), folders: map[string]*folder{}}
	c.policy = c.parsePolicy(policy)
	if err := fs.WalkDir(tree, ".", c.visit); err != nil {
		return nil, fmt.Errorf("lint: %w", err)
	}
	for _, dir := range c.order {
		c.checkFolder(c.folders[dir])
	}
	slices.SortFunc(c.found, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Text, b.Text))
	})
	return c.found, nil
}

type checker struct {
	tree    fs.FS
	module  string
	policy  policy
	fset    *token.FileSet
	folders map[string]*folder
	order   []string // of the folders
	found   []Finding
}

// folder is one room's files, with the types that could be resolved.
type folder struct {
	dir   string
	files []*ast.File // without tests
	tests []*ast.File
	types *types.Package
	info  *types.Info
}

func moduleName(mod string) string {
	for line := range strings.Lines(mod) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

func (c *checker) visit(file string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	if d.IsDir() {
		if file == "." {
			return nil
		}
		_, own := fs.Stat(c.tree, path.Join(file, "go.mod"))
		if own == nil || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") {
			return fs.SkipDir
		}
		return nil
	}
	if !strings.HasSuffix(file, ".go") {
		return nil
	}
	src, err := fs.ReadFile(c.tree, file)
	if err != nil {
		return err
	}
	f, err := parser.ParseFile(c.fset, file, src, parser.ParseComments)
	if err != nil {
		return err
	}
	dir := path.Dir(file)
	if c.folders[dir] == nil {
		c.folders[dir] = &folder{dir: dir}
		c.order = append(c.order, dir)
	}
	if in := c.folders[dir]; strings.HasSuffix(file, "_test.go") {
		in.tests = append(in.tests, f)
	} else {
		in.files = append(in.files, f)
	}
	return nil
}

// report adds a finding at a node.
func (c *checker) report(at ast.Node, format string, args ...any) {
	p := c.fset.Position(at.Pos())
	c.found = append(c.found, Finding{p.Filename, p.Line, fmt.Sprintf(format, args...)})
}

func (c *checker) checkFolder(f *folder) {
	all := append(slices.Clone(f.files), f.tests...)
	r := c.policy.room(f.dir)
	if r == nil {
		c.report(all[0].Name, "folder %s is unknown: every folder is a room with one purpose; name it in internal/lint/rooms.txt with what it "+
			"may import, or put the file into the room it belongs to", f.dir)
		return
	}
	c.checkPackageComment(f)
	for _, file := range f.files {
		c.checkImports(file, r, false)
		c.checkComments(file)
		c.checkCode(file, r)
		if r.pure {
			c.checkPure(f, file)
		}
	}
	for _, file := range f.tests {
		c.checkImports(file, r, true)
		c.checkTest(file)
	}
}
