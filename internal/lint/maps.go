package lint

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// unordered says whether a range statement goes through a map: the map itself, or maps.All, Keys or Values of one.
func (c *checker) unordered(f *folder, r *ast.RangeStmt) bool {
	if call, ok := r.X.(*ast.CallExpr); ok {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			id, ok := sel.X.(*ast.Ident)
			return ok && id.Name == "maps" && slices.Contains([]string{"All", "Keys", "Values"}, sel.Sel.Name) || c.isMap(f, r.X)
		}
	}
	return c.isMap(f, r.X)
}

func (c *checker) isMap(f *folder, x ast.Expr) bool {
	c.resolve(f)
	t := f.info.TypeOf(x)
	if t == nil {
		return false
	}
	_, is := t.Underlying().(*types.Map)
	return is
}

// resolve finds the types of a folder. What comes from outside the repository stays unknown, which go/types reports as errors;
// they are passed over, and everything else has its type.
func (c *checker) resolve(f *folder) {
	if f.info != nil {
		return
	}
	f.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	cfg := types.Config{Importer: inside{c}, Error: func(error) {}, FakeImportC: true}
	f.types, _ = cfg.Check(c.module+"/"+f.dir, c.fset, f.files, f.info)
}

// inside is an importer that knows the repository's own packages; every other package is empty.
type inside struct{ c *checker }

// Import is what go/types asks for every import.
func (i inside) Import(path string) (*types.Package, error) {
	if own, ok := strings.CutPrefix(path, i.c.module+"/"); ok {
		if f := i.c.folders[own]; f != nil {
			if i.c.resolve(f); f.types != nil {
				return f.types, nil
			}
		}
	}
	p := types.NewPackage(path, defaultName(path))
	p.MarkComplete()
	return p, nil
}
