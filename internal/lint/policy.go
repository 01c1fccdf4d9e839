package lint

import (
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

const policyFile = "internal/lint/rooms.txt"

// room is one line of the policy.
type room struct {
	name  string
	pure  bool
	tests bool // only test code may import it, and it may import any room
	may   []string
}

// policy is the rooms in their order, ground first.
type policy struct {
	rooms   []*room
	modules []string // that any _test.go may import
}

// room is the room of a folder, or nil.
func (p *policy) room(name string) *room {
	i := slices.IndexFunc(p.rooms, func(r *room) bool { return r.name == name })
	if i < 0 {
		return nil
	}
	return p.rooms[i]
}

// parsePolicy reads rooms.txt; what is wrong with it is a finding. The lines are
//
//	pure NAME: what it may import   (a room: without "pure" it is not)
//	tests only: rooms
//	_test.go files: modules
//
// and `*` stands for every room above the line.
func (c *checker) parsePolicy(text string) (p policy) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		wrong := func(format string, args ...any) {
			c.found = append(c.found, Finding{policyFile, n, fmt.Sprintf(format, args...)})
		}
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, list, ok := strings.Cut(line, ":")
		may := strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
		switch {
		case !ok:
			wrong("%q is no rule: write `room: imports`", line)
		case name == "_test.go files":
			p.modules = may
		case name == "tests only":
			for _, m := range may {
				p.rooms = append(p.rooms, &room{name: m, tests: true})
			}
		default:
			name, pure := strings.CutPrefix(name, "pure ")
			p.add(&room{name: strings.TrimSpace(name), pure: pure}, may, wrong)
		}
	}
	return p
}

// add appends a room. It may only name rooms that stand above it: so there is no cycle, and a direction to read in.
func (p *policy) add(r *room, may []string, wrong func(string, ...any)) {
	if p.room(r.name) != nil {
		wrong("room %s stands here twice: keep one line", r.name)
	}
	for _, m := range may {
		switch {
		case m == "*":
			for _, above := range p.rooms {
				r.may = append(r.may, above.name)
			}
			continue
		case !isModule(m) && p.room(m) == nil:
			wrong("room %s may import %s, which does not stand above it: a room names only rooms nearer the ground; move the line or drop the import", r.name, m)
		}
		r.may = append(r.may, m)
	}
	p.rooms = append(p.rooms, r)
}

// isModule tells a module's path, which begins with a host name, from a room and from the standard library.
func isModule(path string) bool {
	host, _, _ := strings.Cut(path, "/")
	return strings.Contains(host, ".")
}

// impure are the standard packages that a pure room may not import: each brings in the outside.
var impure = []string{"context", "crypto/rand", "io/ioutil", "log", "net", "os", "runtime", "sync", "syscall", "testing", "unsafe"}

// text are packages below those that only read and write text.
var text = []string{"net/mail", "net/netip", "net/textproto", "net/url"}

func (c *checker) checkImports(file *ast.File, r *room, test bool) {
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value) // the parser has seen to it
		own, isRoom := strings.CutPrefix(path, c.module+"/")
		switch {
		case isRoom:
			c.checkRoomImport(spec, r, own, test)
		case isModule(path):
			if !under(path, r.may) && !(test && under(path, c.policy.modules)) {
				c.report(spec, "%s imports the module %s, which %s does not allow it: the default answer to a dependency is no; do without, or let the "+
					"policy name it", r.name, path, policyFile)
			}
		case r.pure && !test && under(path, impure) && !slices.Contains(text, path):
			c.report(spec, "%s imports %s: a pure room decides and touches nothing outside; take what is needed as an argument, or do it in "+
				"another room", r.name, path)
		}
	}
}

func (c *checker) checkRoomImport(spec *ast.ImportSpec, r *room, own string, test bool) {
	to := c.policy.room(own)
	switch {
	case to == nil:
		c.report(spec, "%s imports %s, which is no room of %s: name it there", r.name, own, policyFile)
	case test || r.tests || own == r.name:
	case to.tests:
		c.report(spec, "%s imports %s, which is for tests only: import it in a _test.go file", r.name, own)
	case !slices.Contains(r.may, own):
		c.report(spec, "%s imports %s, which %s does not allow it: turn the dependency round (an interface of the caller), or change the policy and "+
			"say why", r.name, own, policyFile)
	}
}

// under says whether path is one of the names or below one.
func under(path string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return path == n || strings.HasPrefix(path, n+"/") })
}
