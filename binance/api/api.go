// Package api has a type for every REST call of Binance USD-M futures that a trader needs: market data, trade, account and user
// stream. A call is a struct of its parameters, which knows where it is asked, what it costs and what type answers it; the
// structs are generated from Binance's own schemas (calls.go). It is pure: it builds and reads texts, and sends nothing.
//
//	answer, err := binance.Call(co, client, api.ChangeInitialLeverage{Symbol: "BTCUSDT", Leverage: 5})
//
// Times are milliseconds since the Unix epoch, as on the wire; prices, quantities and money are exact decimals; volumes and other
// statistics are float64.
package api

import (
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"baton/binance/wire"
	"baton/decimal"
)

// Security is what a call must carry: nothing, the API key, or key, timestamp and signature.
type Security uint8

// The kinds.
const (
	Open Security = iota
	Key
	Signed
)

// Endpoint is where a call is asked: REST method and path, what it must carry, its request weight (the largest where it depends on
// its parameters), and how many orders it counts.
type Endpoint struct {
	Method, Path string
	Security     Security
	Weight       int
	Orders       int
}

// Call is one call with its parameters, and the type A of its answer.
type Call[A any] interface {
	Endpoint() Endpoint
	Answer() *A
}

// AppendQuery appends the query string of a call: percent-encoded, in the order of the names, without security parameters.
func AppendQuery(b []byte, call any) []byte {
	start := len(b)
	each(reflect.ValueOf(call), func(name, value string, _ bool) {
		if len(b) > start {
			b = append(b, '&')
		}
		b = append(append(append(b, name...), '='), strings.ReplaceAll(url.QueryEscape(value), "+", "%20")...)
	})
	return b
}

// each gives the parameters that are set, as text; quoted says that it is one where JSON would quote it.
func each(v reflect.Value, put func(name, value string, quoted bool)) {
	for i := range v.NumField() {
		f := v.Field(i)
		if f.IsZero() {
			continue
		}
		name := v.Type().Field(i).Tag.Get("api")
		switch x := f.Interface().(type) {
		case string:
			put(name, x, true)
		case int64:
			put(name, strconv.FormatInt(x, 10), false)
		case decimal.Decimal:
			put(name, x.String(), true)
		default:
			put(name, list(f), false)
		}
	}
}

// list is a list parameter as JSON.
func list(v reflect.Value) string {
	var parts []string
	for i := range v.Len() {
		switch x := v.Index(i).Interface().(type) {
		case string:
			parts = append(parts, strconv.Quote(x))
		case int64:
			parts = append(parts, strconv.FormatInt(x, 10))
		default: // orders of a batch
			var fields []string
			each(v.Index(i), func(name, value string, quoted bool) {
				if quoted {
					value = strconv.Quote(value)
				}
				fields = append(fields, strconv.Quote(name)+":"+value)
			})
			parts = append(parts, "{"+strings.Join(fields, ",")+"}")
		}
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// Decode reads an answer.
func Decode[A any](b []byte, into *A) error {
	if err := wire.Unmarshal(b, into); err != nil {
		return fmt.Errorf("an answer that is not what the schema says: %w", err)
	}
	return nil
}

// Row is one call without its types, for a table of all.
type Row struct {
	Name     string
	Endpoint Endpoint
	Empty    any                  // the call without parameters
	Decode   func(b []byte) error // reads an answer
}

func rowOf[A any](name string, c Call[A]) Row {
	return Row{name, c.Endpoint(), c, func(b []byte) error { return Decode(b, c.Answer()) }}
}
