package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"baton/trade"
)

// settingsMax bounds a settings file, in bytes.
const settingsMax = 64 << 10

// EnvPrefix is how the variables begin that are settings: BATON__LIVE__MAX_LOSS_USDT is live.max_loss_usdt, and
// BATON__STRATEGY__MAKER__DEPTH is strategy.maker.depth.
const EnvPrefix = "BATON__"

// SettingsPath is the file that is read where none is named: $XDG_CONFIG_HOME/baton/baton.yaml, ~/.config on Linux. "" where there is
// no home.
func SettingsPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "baton", "baton.yaml")
}

// LoadSettings reads the file at path, which must be there, or the one at [SettingsPath] for "", which need not; and then what the
// environment ("NAME=VALUE") says. All mistakes are reported at once, each with its place. strategies are those of this binary.
func LoadSettings(path string, environ []string, strategies []trade.Strategy) (*Settings, error) {
	s := newSettings(strategies)
	text, err := settingsText(path, s)
	if err != nil {
		return nil, err
	}
	return s, errors.Join(s.readFile(text), s.readEnv(environ), s.check(strategies))
}

func settingsText(path string, s *Settings) ([]byte, error) {
	named := path != ""
	if !named {
		if path = SettingsPath(); path == "" {
			return nil, nil
		}
	}
	text, err := os.ReadFile(path)
	if !named && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the settings cannot be read: %w", err)
	}
	s.Path = path
	if len(text) > settingsMax {
		return nil, fmt.Errorf("%s: %d bytes are more than settings can be: is it another file?", path, len(text))
	}
	return text, nil
}

// readFile takes the YAML text: sections of settings, and nothing else.
func (s *Settings) readFile(text []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return fmt.Errorf("%s: %w", s.Path, err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil // empty, or comments alone
	}
	return s.section("", doc.Content[0])
}

// section takes one level of the file.
func (s *Settings) section(prefix string, n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		what := "the file"
		if prefix != "" {
			what = strings.TrimSuffix(prefix, ".")
		}
		return fmt.Errorf("%s: %s must hold settings, one a line: name: value", s.at(n), what)
	}
	var errs []error
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		name := prefix + key.Value
		switch {
		case key.Kind != yaml.ScalarNode || key.Value == "" || key.Tag == "!!merge":
			errs = append(errs, fmt.Errorf("%s: a name must be plain text", s.at(key)))
		case seen[name]:
			errs = append(errs, fmt.Errorf("%s: %s is there twice", s.at(key), name))
		case s.hasSection(name + "."):
			errs = append(errs, s.section(name+".", v))
		default:
			errs = append(errs, s.leaf(name, key, v))
		}
		seen[name] = true
	}
	return errors.Join(errs...)
}

// leaf takes one value: a plain one, or a list of plain ones.
func (s *Settings) leaf(name string, key, v *yaml.Node) error {
	if s.values[name] == nil {
		return fmt.Errorf("%s: %w", s.at(key), s.unknown(name))
	}
	parts := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		parts = v.Content
	}
	var out []string
	for _, p := range parts {
		if p.Kind != yaml.ScalarNode || p.Anchor != "" || p.Tag == "!!null" {
			return fmt.Errorf("%s: %s must be one value, or a list of them", s.at(v), name)
		}
		out = append(out, p.Value)
	}
	return s.put(name, strings.Join(out, ","), OriginFile, s.at(key))
}

// hasSection says whether any key begins so.
func (s *Settings) hasSection(prefix string) bool {
	for _, k := range s.order {
		if strings.HasPrefix(k, prefix) {
			return true
		}
	}
	return false
}

func (s *Settings) at(n *yaml.Node) string { return fmt.Sprintf("%s:%d", s.Path, n.Line) }

// readEnv takes the variables that are settings.
func (s *Settings) readEnv(environ []string) error {
	names := map[string]string{}
	for _, k := range s.order {
		names[envName(k)] = k
	}
	var errs []error
	for _, e := range environ {
		name, text, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, EnvPrefix) {
			continue
		}
		key, ok := names[name]
		if !ok {
			key = strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, EnvPrefix), "__", "."))
		}
		errs = append(errs, s.put(key, text, OriginEnv, name))
	}
	return errors.Join(errs...)
}

// envName is the variable of a key.
func envName(key string) string {
	return EnvPrefix + strings.ToUpper(strings.NewReplacer(".", "__", "-", "_").Replace(key))
}

// check holds the parameters of all strategies to their bounds.
func (s *Settings) check(strategies []trade.Strategy) error {
	var errs []error
	for _, st := range strategies {
		for _, p := range st.Params {
			v := s.values[strings.Join([]string{strategySection, st.Name, p.Name}, ".")]
			if _, err := st.With(map[string]string{p.Name: v.Text}); err != nil && v.Origin != OriginDefault {
				errs = append(errs, fmt.Errorf("%s: %w", v.Where, err))
			}
		}
	}
	return errors.Join(errs...)
}
