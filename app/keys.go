package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"baton/binance"
	"baton/binance/wire"
	"baton/secret"
)

// The kinds of an API key's secret.
const (
	KindHMAC    = "HMAC"
	KindEd25519 = "Ed25519"
	KindRSA     = "RSA"
)

// AcceptPhrase is what a person has to write who wants to trade with a key that can move money, or that works from everywhere.
const AcceptPhrase = "this key may lose all my money"

// idMax bounds the id of an API key; Binance's have 64 characters.
const idMax = 128

// Credentials are an API key: its id, its secret, and what exchange it is for. All of it prints as ***, but for Kind and Realm.
type Credentials struct {
	ID     secret.Key
	Secret secret.Key // of HMAC, or a private key in PEM
	Realm  binance.Realm
	Kind   string // KindHMAC, KindEd25519, KindRSA
	signer *wire.Signer
}

// LoadKeys reads the API key of a file of mode 0600, or of a systemd credential where the name is "credential:NAME". The text of it:
//
//	key: the id of the API key
//	realm: testnet
//	secret: an HMAC secret
//
// where a private key in PEM (PKCS#8, Ed25519 or RSA) may stand in place of the last line. A line that begins with # is passed over.
// realm is production, testnet or local; without it the key goes to a local exchange only.
func LoadKeys(name string) (*Credentials, error) {
	var text secret.Key
	var err error
	if credential, ok := strings.CutPrefix(name, "credential:"); ok {
		text, err = secret.Credential(credential)
	} else {
		text, err = secret.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("the key file: %w", err)
	}
	c, err := ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", name, err)
	}
	return c, nil
}

// ParseKeys reads the text of a key file. No error shows any of it but the number of a line.
func ParseKeys(text secret.Key) (*Credentials, error) {
	head, pem := text.Reveal(), ""
	if i := strings.Index(head, "-----BEGIN"); i >= 0 {
		head, pem = head[:i], head[i:]
	}
	c := &Credentials{}
	seen := map[string]bool{}
	for n, line := range strings.Split(head, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case !ok || value == "" || !slices.Contains([]string{"key", "realm", "secret"}, name):
			return nil, fmt.Errorf("line %d is none of `key: ID`, `realm: REALM`, `secret: SECRET` and a private key in PEM", n+1)
		case seen[name]:
			return nil, fmt.Errorf("line %d names the %s again", n+1, name)
		}
		seen[name] = true
		switch name {
		case "key":
			c.ID = secret.New(value)
		case "realm":
			c.Realm = binance.Realm(value)
		case "secret":
			c.Secret = secret.New(value)
		}
	}
	switch {
	case pem != "" && seen["secret"]:
		return nil, errors.New("it has both a secret and a private key: leave one")
	case pem != "":
		c.Secret = secret.New(pem)
	}
	return c, c.check()
}

// check finds out what the secret is, and whether everything is there.
func (c *Credentials) check() error {
	id := c.ID.Reveal()
	switch {
	case id == "":
		return errors.New("it has no line `key: ID`")
	case len(id) > idMax || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("the id of the key is not of letters and digits: copy it again")
	case c.Secret.Empty():
		return errors.New("it has no line `secret: SECRET`, and no private key in PEM")
	case !slices.Contains([]binance.Realm{binance.NoRealm, binance.Production, binance.Testnet, binance.Local}, c.Realm):
		return errors.New("its realm is none of production, testnet and local")
	}
	if !strings.HasPrefix(c.Secret.Reveal(), "-----BEGIN") {
		c.Kind, c.signer = KindHMAC, wire.NewSigner(id, []byte(c.Secret.Reveal()))
		return nil
	}
	s, rsaKey, err := wire.NewKeySigner(id, []byte(c.Secret.Reveal()))
	if err != nil {
		return err
	}
	c.signer, c.Kind = s, KindEd25519
	if rsaKey {
		c.Kind = KindRSA
	}
	return nil
}

// CheckPermissions refuses a key that can do more than trade, or that works from everywhere. typed is what a person has written to
// accept that: [AcceptPhrase], letter by letter, overrides what can be overridden; a key that cannot trade is of no use.
func CheckPermissions(r *wire.Restrictions, typed string) (accepted []string, err error) {
	if !r.Futures || !r.Reading {
		return nil, errors.New("the key may not trade futures: allow reading and futures for it, on the API management page of Binance")
	}
	var found []string
	for _, x := range []struct {
		wrong bool
		what  string
	}{
		{r.Withdrawals, "it can withdraw"},
		{r.InternalTransfer, "it can transfer to other accounts"},
		{r.Universal, "it can transfer between wallets"},
		{!r.IPRestrict, "it works from every address"},
	} {
		if x.wrong {
			found = append(found, x.what)
		}
	}
	if len(found) > 0 && typed != AcceptPhrase {
		return nil, fmt.Errorf("the key is too strong: %s: take these rights from it and give it a list of addresses, or accept it by --accept %q", strings.Join(found, ", "), AcceptPhrase)
	}
	return found, nil
}
