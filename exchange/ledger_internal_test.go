package exchange

import (
	"strings"
	"testing"

	"baton/decimal"
)

// Money or contracts from nowhere end the program, and the panic says both sums.
func TestUnbalancedPanics(t *testing.T) {
	for name, spoil := range map[string]func(*Exchange){
		"money":     func(x *Exchange) { x.accounts[1].wallet += 5; x.off.money += 5 },
		"contracts": func(x *Exchange) { x.off.lots++ },
		"coins":     func(x *Exchange) { x.off.coins-- },
	} {
		t.Run(name, func(t *testing.T) {
			x := New(Config{}, &Events{})
			if err := x.Deposit(0, x.AddAccount("somebody"), decimal.One); err != nil {
				t.Fatal(err)
			}
			x.balanced()
			spoil(x)
			defer func() {
				text, _ := recover().(string)
				if !strings.Contains(text, "a transaction left over") || name == "money" && !strings.Contains(text, "hold 1.00000005, but 1 was deposited") {
					t.Errorf("panic %q", text)
				}
			}()
			x.balanced()
			t.Error("it went on")
		})
	}
}

// Each thing that does not add up is found by the check over everything.
func TestCheckFinds(t *testing.T) {
	for name, spoil := range map[string]func(*account){
		"wallet":   func(a *account) { a.wallet++ },
		"isolated": func(a *account) { a.isolated++; a.wallet-- },
		"coins":    func(a *account) { a.coins++ },
	} {
		x := New(Config{}, &Events{})
		x.AddAccount("somebody")
		if err := x.Check(); err != nil {
			t.Fatal(err)
		}
		spoil(x.accounts[1])
		if x.Check() == nil {
			t.Errorf("%s: not found", name)
		}
	}
}
