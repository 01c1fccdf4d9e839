package wire

import (
	"bytes"
	"encoding/json"
)

// ParseBatch reads a batchOrders parameter, a JSON list of objects, as one [Params] an order. Values are strings, numbers or
// booleans. -1102 where it is no such list.
func ParseBatch(v []byte) ([]Params, *APIError) {
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(v, &rows); err != nil {
		return nil, Fault(CodeMandatoryParam, "batchOrders")
	}
	out := make([]Params, 0, len(rows))
	for _, row := range rows {
		if len(row) > MaxParams {
			return nil, Fault(CodeTooManyParams)
		}
		p := make(Params, 0, len(row))
		for name, raw := range row { // order: names are unique, and looked up by name
			if value, ok := scalar(raw); ok {
				p = append(p, Param{[]byte(name), value})
			}
		}
		out = append(out, p)
	}
	return out, nil
}

// ParseList reads a list parameter, such as orderIdList=[1,2] or ["1","2"]; ok is false where it is none.
func ParseList(v []byte) (items []string, ok bool) {
	var raw []json.RawMessage
	if json.Unmarshal(v, &raw) != nil {
		return nil, false
	}
	for _, r := range raw {
		s, fine := scalar(r)
		if !fine {
			return nil, false
		}
		items = append(items, string(s))
	}
	return items, true
}

// scalar is the text of a string, number or boolean; ok is false for null and for what is nested.
func scalar(raw []byte) (text []byte, ok bool) {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || raw[0] == '{' || raw[0] == '[' || raw[0] == 'n':
		return nil, false
	case raw[0] == '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return nil, false
		}
		return []byte(s), true
	}
	return raw, true
}
