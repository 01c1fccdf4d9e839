package wire

import (
	"reflect"
	"strconv"
	"strings"

	"baton/decimal"
)

var decimalType = reflect.TypeFor[decimal.Decimal]()

// Unmarshal reads a message that is not on a hot path into the struct, slice or map that v points at, by the `json` tags of its
// fields. Unlike encoding/json it compares keys byte for byte, as Binance's "ap" and "AP" are two things; numbers may be quoted
// or bare, as Binance does both; unknown keys are skipped, and null, also a quoted one where a number stands (Binance USD-M, New
// Algo Order, icebergQuantity), leaves a field as it is. The whole text is checked. Fields
// are structs, slices, maps by text, [decimal.Decimal], strings, integers, float64 (for statistics) and bools.
func Unmarshal(b []byte, v any) error {
	to := reflect.ValueOf(v).Elem()
	return ended(to.Type().Name(), b, value(b, space(b, 0), to))
}

// UnmarshalEvent is [Unmarshal] of a stream's event, wrapped or raw.
func UnmarshalEvent(b []byte, v any) error {
	to := reflect.ValueOf(v).Elem()
	i := space(b, 0)
	if i < len(b) && b[i] == '{' {
		whole, data := i, 0
		if end := object(b, i, func(name []byte, i int) int {
			if string(name) == "data" {
				data = i
			}
			return skip(b, i)
		}); end < 0 {
			return badKey(to.Type().Name(), b, end, 0)
		}
		if i = whole; data > 0 {
			if i = value(b, data, to); i < 0 {
				return badKey(to.Type().Name(), b, i, 0)
			}
			return nil // what stands around it has been checked
		}
	}
	return ended(to.Type().Name(), b, value(b, i, to))
}

// value reads one value into to and gives the position behind it.
func value(b []byte, i int, to reflect.Value) int {
	if i < len(b) && b[i] == 'n' {
		return skip(b, i)
	}
	if to.Type() == decimalType {
		return exactDecimal(b, i, to)
	}
	switch to.Kind() {
	case reflect.Struct:
		return object(b, i, func(name []byte, i int) int {
			if f, ok := fieldOf(to, name); ok {
				return value(b, i, f)
			}
			return skip(b, i)
		})
	case reflect.Slice:
		to.SetLen(0)
		if i < len(b) && b[i] == '{' { // one, where a list was possible
			to.Set(reflect.Append(to, reflect.Zero(to.Type().Elem())))
			return value(b, i, to.Index(0))
		}
		return array(b, i, func(i int) int {
			n := to.Len()
			to.Set(reflect.Append(to, reflect.Zero(to.Type().Elem())))
			return value(b, i, to.Index(n))
		})
	case reflect.Map:
		return exactMap(b, i, to)
	case reflect.String:
		if i < len(b) && b[i] != '"' {
			s, next := plainValue(b, i)
			to.SetString(string(s))
			return next
		}
		s, next := escapedText(b, i)
		to.SetString(string(s))
		return next
	case reflect.Bool:
		s, next := plainValue(b, i)
		if next > 0 {
			v, err := strconv.ParseBool(string(s))
			if err != nil {
				return ^i
			}
			to.SetBool(v)
		}
		return next
	}
	return number(b, i, to)
}

// number reads an integer or a float, quoted or bare. An empty text leaves it as it is, as Binance writes what is not there.
func number(b []byte, i int, to reflect.Value) int {
	s, next := plainValue(b, i)
	if next < 0 || absent(s) {
		return next
	}
	var err error
	switch to.Kind() {
	case reflect.Int, reflect.Int64:
		var v int64
		v, err = strconv.ParseInt(string(s), 10, 64)
		to.SetInt(v)
	case reflect.Float64:
		var v float64
		v, err = strconv.ParseFloat(string(s), 64)
		to.SetFloat(v)
	default:
		panic("wire: Unmarshal into a " + to.Type().String())
	}
	if err != nil {
		return ^i
	}
	return next
}

// absent says whether the text of a number is one of Binance's ways to say that there is none.
func absent(s []byte) bool { return len(s) == 0 || string(s) == "null" }

func exactDecimal(b []byte, i int, to reflect.Value) int {
	s, next := plainValue(b, i)
	if next < 0 || absent(s) {
		return next
	}
	d, err := decimal.ParseBytes(s)
	if err != nil {
		return ^i
	}
	to.Set(reflect.ValueOf(d))
	return next
}

func exactMap(b []byte, i int, to reflect.Value) int {
	if to.IsNil() {
		to.Set(reflect.MakeMap(to.Type()))
	}
	return object(b, i, func(name []byte, i int) int {
		v := reflect.New(to.Type().Elem()).Elem()
		next := value(b, i, v)
		if next > 0 {
			to.SetMapIndex(reflect.ValueOf(string(name)).Convert(to.Type().Key()), v)
		}
		return next
	})
}

// plainValue is a quoted text or a bare number or word.
func plainValue(b []byte, i int) ([]byte, int) {
	if i < len(b) && b[i] == '"' {
		return text(b, i)
	}
	if i >= len(b) || b[i] == '{' || b[i] == '[' {
		return nil, ^i
	}
	next := skip(b, i)
	if next < 0 {
		return nil, next
	}
	return b[i:next], next
}

// fieldOf finds the field whose tag is name, also in embedded structs.
func fieldOf(v reflect.Value, name []byte) (reflect.Value, bool) {
	t := v.Type()
	for n := range t.NumField() {
		f := t.Field(n)
		if f.Anonymous {
			if inner, ok := fieldOf(v.Field(n), name); ok {
				return inner, true
			}
			continue
		}
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == string(name) {
			return v.Field(n), true
		}
	}
	return reflect.Value{}, false
}

// LooksLikeOrder says whether a text is a JSON object that has an order id, as every accepted command's answer does.
func LooksLikeOrder(b []byte) bool {
	var o struct {
		OrderID int64 `json:"orderId"`
	}
	return Unmarshal(b, &o) == nil && o.OrderID != 0
}
