package cli

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
)

// create is `baton new`: a module of the user's own, which needs no network to build.
func (e *env) create() *cobra.Command {
	var home string
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a module of your own with a strategy and its test",
		Long: "Writes the folder NAME: go.mod (which finds Baton by a replace), go.sum, main.go of one call, a strategy and its test.\n" +
			"In it, `go run . backtest NAME --data FILE` and `go test ./...` work without a network.",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{errors.New("new takes one name: baton new my-strategy")}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := writeModule(args[0], home)
			if err != nil {
				return err
			}
			fmt.Fprintf(e.out, "wrote %s\n\nnext:\n  cd %s\n  go test ./...\n  go run . demo --strategy %s\n",
				strings.Join(files, ", "), args[0], args[0])
			return nil
		},
	}
	c.Flags().StringVar(&home, "baton", "", "Baton's own folder (default: found from here upwards, or where this binary was built)")
	return c
}

//go:embed template/*.tmpl
var templates embed.FS

var validName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// module is what the templates of a new module are filled with.
type module struct {
	Name, Func, Home, Requires string
}

// writeModule makes the folder name and returns the files it wrote. An existing folder is refused: nothing is overwritten.
func writeModule(name, home string) ([]string, error) {
	if !validName.MatchString(name) {
		return nil, &usageError{fmt.Errorf("%q cannot name a module here: use small letters, digits and single dashes, like mean-revert", name)}
	}
	home, err := batonHome(home)
	if err != nil {
		return nil, err
	}
	mod, err := os.ReadFile(filepath.Join(home, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("read Baton's requirements: %w", err)
	}
	sum, err := os.ReadFile(filepath.Join(home, "go.sum"))
	if err != nil {
		return nil, fmt.Errorf("read Baton's go.sum: %w", err)
	}
	m := module{Name: name, Func: exported(name), Home: home, Requires: requirements(string(mod))}
	if err := os.Mkdir(name, 0o777); errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("%s is already there: choose another name, or move it away", name)
	} else if err != nil {
		return nil, err
	}
	files := []string{"go.mod", "main.go", "strategy.go", "strategy_test.go"}
	for i, f := range files {
		text, err := m.fill(f)
		if err != nil {
			return nil, err
		}
		files[i] = filepath.Join(name, f)
		if err := os.WriteFile(files[i], text, 0o666); err != nil {
			return nil, err
		}
	}
	files = append(files, filepath.Join(name, "go.sum"))
	return files, os.WriteFile(files[len(files)-1], sum, 0o666)
}

func (m module) fill(file string) ([]byte, error) {
	t, err := template.ParseFS(templates, "template/"+file+".tmpl")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, m); err != nil {
		return nil, err
	}
	if strings.HasSuffix(file, ".go") {
		return format.Source(b.Bytes())
	}
	return b.Bytes(), nil
}

// exported turns mean-revert into MeanRevert.
func exported(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// requirements are the module lines of Baton's own go.mod, so that a new module resolves to the same versions offline.
func requirements(mod string) string {
	var b strings.Builder
	in := false
	for line := range strings.Lines(mod) {
		switch t := strings.TrimSpace(line); {
		case t == "require (":
			in = true
		case in && t == ")":
			in = false
		case in && t != "":
			b.WriteString("\t" + strings.TrimSuffix(t, " // indirect") + " // indirect\n")
		case strings.HasPrefix(t, "require "):
			b.WriteString("\t" + strings.TrimSuffix(strings.TrimPrefix(t, "require "), " // indirect") + " // indirect\n")
		}
	}
	return b.String()
}

// batonHome is Baton's own folder: the one named, the nearest above the working folder, or the one this binary was built from.
func batonHome(named string) (string, error) {
	if named != "" {
		abs, err := filepath.Abs(named)
		if err == nil && isBaton(abs) {
			return abs, nil
		}
		return "", &usageError{fmt.Errorf("--baton %s: no Baton there (its go.mod does not say `module baton`)", named)}
	}
	if dir, err := os.Getwd(); err == nil {
		for ; ; dir = filepath.Dir(dir) {
			if isBaton(dir) {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if _, file, _, ok := runtime.Caller(0); ok {
		if dir := filepath.Dir(filepath.Dir(file)); isBaton(dir) {
			return dir, nil
		}
	}
	return "", &usageError{errors.New("cannot tell where Baton's own folder is: pass it with --baton DIR")}
}

func isBaton(dir string) bool {
	b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && (bytes.HasPrefix(b, []byte("module baton\n")) || bytes.Contains(b, []byte("\nmodule baton\n")))
}
