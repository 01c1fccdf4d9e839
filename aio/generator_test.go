package aio_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"baton/aio"
)

func count(n int) *aio.Generator[int, int] {
	return aio.NewGenerator(func(yield func(int) (int, error)) error {
		for i := range n {
			if _, err := yield(i); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestGeneratorAll(t *testing.T) {
	g := count(4)
	if got := slices.Collect(g.All()); !slices.Equal(got, []int{0, 1, 2, 3}) || !g.Done() || g.Err() != nil {
		t.Error(got, g.Done(), g.Err())
	}
	if v, ok := g.Next(); ok || v != 0 {
		t.Error("after the end:", v, ok)
	}
	g = count(4)
	for range g.All() {
		break
	}
	if !g.Done() {
		t.Error("All left early does not close")
	}
}

func TestGeneratorSend(t *testing.T) {
	g := aio.NewGenerator(func(yield func(string) (int, error)) error {
		sum := 0
		for {
			v, err := yield(fmt.Sprint("sum ", sum))
			if err != nil {
				return err
			}
			sum += v
		}
	})
	g.Next()
	for v, want := range []string{"sum 0", "sum 1", "sum 3"} {
		if got, ok := g.Send(v); got != want || !ok {
			t.Error(got, ok, want)
		}
	}
	if err := g.Close(); err != nil || g.Close() != nil || !errors.Is(g.Err(), aio.ErrGeneratorExit) {
		t.Error(err, g.Err())
	}
	defer func() {
		if recover() == nil {
			t.Error("Send before Next is accepted")
		}
	}()
	count(1).Send(1)
}

func TestGeneratorThrow(t *testing.T) {
	g := aio.NewGenerator(func(yield func(string) (int, error)) error {
		_, err := yield("first")
		_, err = yield("caught " + err.Error())
		return err
	})
	g.Next()
	if v, ok := g.Throw(errBoom); v != "caught boom" || !ok {
		t.Error(v, ok)
	}
	if _, ok := g.Throw(io.EOF); ok || g.Err() != io.EOF || !g.Done() {
		t.Error("the second throw:", ok, g.Err())
	}
	g = aio.NewGenerator(func(func(string) (int, error)) error { t.Error("it began"); return nil })
	if _, ok := g.Throw(errBoom); ok || g.Err() != errBoom {
		t.Error("thrown before the start:", ok, g.Err())
	}
}

func TestGeneratorClose(t *testing.T) {
	before := runtime.NumGoroutine()
	g := aio.NewGenerator(func(yield func(int) (int, error)) error {
		yield(1)
		if _, err := yield(2); err != aio.ErrGeneratorExit {
			t.Error("the yield after:", err)
		}
		return errBoom
	})
	g.Next()
	if err := g.Close(); !errors.Is(err, aio.ErrInvalidState) || !errors.Is(err, errBoom) {
		t.Error("a generator that will not end:", err)
	}
	never := count(3)
	if never.Close() != nil || !never.Done() {
		t.Error("one that has not begun")
	}
	if n := leftOver(before); n > 0 {
		t.Error(n, "goroutines are left")
	}
}

func TestGeneratorPanic(t *testing.T) {
	defer func() {
		p, ok := recover().(*aio.Panic)
		if !ok || !errors.Is(p, errBoom) || !strings.Contains(string(p.Stack), "explode") {
			t.Error("recovered", p)
		}
	}()
	aio.NewGenerator(func(func(int) (int, error)) error { explode(); return nil }).Next()
}

// Values, sent ones, thrown errors and the close pass through to the inner generator.
func TestGeneratorDelegates(t *testing.T) {
	var log []string
	inner := aio.NewGenerator(func(yield func(string) (string, error)) error {
		for i := 0; ; i++ {
			s, err := yield(fmt.Sprint("inner ", i))
			log = append(log, fmt.Sprint(s, " ", err))
			switch {
			case errors.Is(err, aio.ErrGeneratorExit):
				return err
			case s == "end":
				return errBoom
			}
		}
	})
	outer := func(inner *aio.Generator[string, string]) *aio.Generator[string, string] {
		return aio.NewGenerator(func(yield func(string) (string, error)) error {
			err := aio.Delegate(yield, inner)
			if errors.Is(err, aio.ErrGeneratorExit) {
				return err
			}
			_, err = yield(fmt.Sprint("outer got ", err))
			return err
		})
	}
	g := outer(inner)
	a, _ := g.Next()
	b, _ := g.Send("x")
	c, _ := g.Throw(io.EOF)
	d, _ := g.Send("end")
	_, ok := g.Next()
	want := "inner 0|inner 1|inner 2|outer got boom"
	if got := strings.Join([]string{a, b, c, d}, "|"); got != want || ok {
		t.Error(got, ok)
	}
	if got := strings.Join(log, "|"); got != "x <nil>| EOF|end <nil>" {
		t.Error(got)
	}
	in := count(9)
	out := aio.NewGenerator(func(yield func(int) (int, error)) error { return aio.Delegate(yield, in) })
	out.Next()
	if err := out.Close(); err != nil || !in.Done() {
		t.Error("close:", err, in.Done())
	}
}

// A task may await inside a generator that it drives.
func TestGeneratorThatAwaits(t *testing.T) {
	must(t, virtual(t, func(co *aio.Co) error {
		g := aio.NewGenerator(func(yield func(int64) (int, error)) error {
			for range 3 {
				if err := co.Sleep(10); err != nil {
					return err
				}
				if _, err := yield(co.Now()); err != nil {
					return err
				}
			}
			return nil
		})
		aio.Start(co, "other", func(co *aio.Co) error {
			for range 10 {
				must(t, co.Sleep(3))
			}
			return nil
		})
		if got := slices.Collect(g.All()); !slices.Equal(got, []int64{10, 20, 30}) {
			t.Error(got)
		}
		return g.Err()
	}))
}
