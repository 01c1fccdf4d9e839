package web_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"testing/fstest"

	"baton/ui"
	"baton/ui/web"
)

// filled is a value in which every field stands for itself: numbers count up, strings are made of them, lists have two items.
func filled(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem(), n)
	case reflect.Struct:
		for _, field := range v.Fields() {
			filled(field, n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(v.Index(0), n)
		filled(v.Index(1), n)
	case reflect.String:
		v.SetString("<text> " + string(rune('a'+*n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*n) + .5)
	default:
		if v.CanInt() {
			v.SetInt(int64(*n))
		} else {
			v.SetUint(uint64(*n))
		}
	}
}

// generic is the JSON of v as plain maps.
func generic(t *testing.T, b []byte) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return out
}

// What a tab gets, put together of parts, is the view as package ui has it: all of a whole one, and of another the live part with
// the section that this tab shows and with no other.
func TestViewOnTheWire(t *testing.T) {
	w := serve(t)
	v := new(ui.View)
	n := 0
	filled(reflect.ValueOf(v).Elem(), &n)
	v.Schema, v.Seq, v.Full = ui.Schema, 1<<20, true
	c := w.tab(w.enter(w.srv.URL()))
	w.hear(c, typed("view"))
	w.say(c, `{"type":"screen","screen":"report"}`)
	w.say(c, `{"type":"dance"}`)
	w.hear(c, typed("ack")) // so the one before has been read
	w.run.mu.Lock()
	w.run.mute = true
	w.run.mu.Unlock()
	for _, full := range []bool{true, false} {
		u := *v
		u.Full = full
		if u.Seq++; !full {
			u.Seq++
			u.Coroutines, u.Health = nil, nil
		}
		w.srv.Publish(&u)
		got := w.raw(c, func(m *said) bool { return m.Type == "view" && m.View.Seq == u.Seq })
		want, err := json.Marshal(map[string]any{"type": "view", "view": &u})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(generic(t, want), generic(t, got)) {
			t.Errorf("full %t:\nwant %s\ngot  %s", full, want, got)
		}
	}
}

// A run pays for a view one small piece of memory, and nothing for a line while nobody watches.
func TestPublishAllocates(t *testing.T) {
	srv, err := web.New(web.Config{Addr: "127.0.0.1:0", Static: fstest.MapFS{}, Assets: fstest.MapFS{}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	v := &ui.View{Full: true}
	if n := testing.AllocsPerRun(100, func() { srv.Publish(v) }); n > 1 {
		t.Errorf("%v allocations a view", n)
	}
	if n := testing.AllocsPerRun(100, func() { srv.Fill(ui.Fill{}) }); n > 0 {
		t.Errorf("%v allocations a fill that nobody sees", n)
	}
}

// BenchmarkPublish is what the loop pays for a view, whatever the number of tabs.
func BenchmarkPublish(b *testing.B) {
	srv, err := web.New(web.Config{Addr: "127.0.0.1:0", Static: fstest.MapFS{}, Assets: fstest.MapFS{}})
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Close()
	v := &ui.View{Full: true}
	b.ReportAllocs()
	for b.Loop() {
		srv.Publish(v)
	}
}
