package core_test

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"baton/binance/core"
	"baton/market"
)

func TestOutcome(t *testing.T) {
	r := core.NewRefusals()
	for _, c := range []struct {
		status, code int
		text         string
		want         market.OutcomeKind
	}{
		{200, 0, "", market.IsAccepted},
		{400, -2019, "Margin is insufficient.", market.IsRefused},
		{400, -5022, "", market.IsRefused},
		{400, -1021, "", market.IsRefused},
		{401, -2015, "", market.IsRefused},
		{429, -1015, "", market.IsRefused},
		{503, 0, "Service Unavailable.", market.IsRefused},
		{503, -1008, "", market.IsRefused},
		{429, -1008, "", market.IsRefused},
		{503, 0, "Unknown error, please check your request or try again later.", market.IsUnknown},
		{503, 0, "Request occur unknown error.", market.IsUnknown},
		{500, -1001, "Internal error; unable to process your request. Please try again.", market.IsUnknown},
		{400, -1000, "", market.IsUnknown},
		{503, -1006, "", market.IsUnknown},
		{408, -1007, "", market.IsUnknown},
		{503, -2019, "a refusal's code, but of a server that failed", market.IsUnknown},
		{200, -2019, "", market.IsUnknown},
		{400, 0, "", market.IsUnknown},
		{418, 0, "", market.IsUnknown},
		{400, -9999, "a code nobody knows", market.IsUnknown},
		{0, 0, "nothing came", market.IsUnknown},
	} {
		if got := r.Outcome(c.status, c.code, c.text); got.Kind() != c.want {
			t.Errorf("status %d code %d %q: %v, want %v", c.status, c.code, c.text, got.Kind(), c.want)
		}
	}
	for _, code := range []int{-1000, -1001, -1006, -1007, -5043 - 10000} {
		if r.Proves(code) {
			t.Errorf("%d is on the list of proven refusals", code)
		}
	}
}

func TestAbsent(t *testing.T) {
	const window = 5e9
	for _, c := range []struct {
		now   market.Nanos
		whole bool
		want  bool
	}{{window + 1.5e9, true, true}, {window + 1.5e9 - 1, true, false}, {1e15, false, false}} {
		if got := core.Absent(100+c.now, 100, window, c.whole); got != c.want {
			t.Errorf("after %d ns, stream whole %v: %v, want %v", c.now, c.whole, got, c.want)
		}
	}
}

func TestBudget(t *testing.T) {
	b := core.NewBudget()
	now := market.Nanos(1_700_000_000e9)
	sent := 0
	for b.Order(now) == nil {
		sent++
	}
	if sent != 240 {
		t.Errorf("%d orders went out in ten seconds, want 240: a fifth of 300 is spared", sent)
	}
	var limit *core.LimitError
	if err := b.Order(now); !errors.As(err, &limit) || limit.Until != now+10e9 || !strings.Contains(err.Error(), "of 300") {
		t.Errorf("the refusal says %v", err)
	}
	if err := b.Order(now + 10e9); err != nil {
		t.Errorf("ten seconds later: %v", err)
	}
	b.Used(now+10e9, -1, 299, -1)
	if b.Order(now+10e9) == nil {
		t.Error("what the venue counted was not believed")
	}
	if err := b.Request(now, 2400); err == nil {
		t.Error("2400 weight passed")
	}
	if err := b.Request(now, 20); err != nil {
		t.Error(err)
	}
	b.Stop(now+20e9, 429, 7)
	if b.Request(now+26e9, 1) == nil || b.Order(now+26e9) == nil {
		t.Error("Retry-After was not honoured")
	}
	if err := b.Request(now+27e9, 1); err != nil {
		t.Error(err)
	}
	b.Stop(now, 418, 0)
	if b.Request(now+119e9, 1) == nil {
		t.Error("a ban without Retry-After lasts two minutes")
	}
}

func TestOffset(t *testing.T) {
	var o core.Offset
	if o.Known() || o.Ahead() != 0 {
		t.Error("known before the first sample")
	}
	o.Sample(1000, 1400, 6200) // 5000 ahead, trip 400
	o.Sample(2000, 2100, 7060) // 5010 ahead, trip 100
	o.Sample(3000, 9000, 9000)
	if o.Ahead() != 5010 || o.Error() != 50 {
		t.Errorf("ahead %d, error %d; want 5010 and 50, by the shortest trip", o.Ahead(), o.Error())
	}
	for range 8 {
		o.Sample(0, 200, 300)
	}
	if o.Ahead() != 200 {
		t.Errorf("ahead %d: an old sample was kept", o.Ahead())
	}
}

func TestNames(t *testing.T) {
	n, err := core.NewNames("btn", "7k2")
	if err != nil {
		t.Fatal(err)
	}
	legal := regexp.MustCompile(`^[\.A-Z\:/a-z0-9_-]{1,36}$`)
	for _, id := range []market.OrderID{1, 35, 36, 123456789, 1<<63 - 1} {
		text := n.Append(nil, id)
		if !legal.Match(text) {
			t.Errorf("%s is not legal", text)
		}
		if got, ok := n.Parse(text); !ok || got != id {
			t.Errorf("%s parses to %d, %v", text, got, ok)
		}
	}
	for _, foreign := range []string{"", "btn-7k2-", "btn-7k3-1", "x-abc", "btn-7k2-0", "btn-7k2-01", "btn-7k2-A", "btn-7k2-1y2p0ij32e8e8", "autoclose-1"} {
		if id, ok := n.Parse([]byte(foreign)); ok {
			t.Errorf("%q counts as our order %d", foreign, id)
		}
	}
	if _, err := core.NewNames("btn", strings.Repeat("r", 20)); err == nil {
		t.Error("a name too long passed")
	}
	if _, err := core.NewNames("b-n", "1"); err == nil {
		t.Error("a dash in the prefix passed")
	}
	buf := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { buf = n.Append(buf[:0], 12345) }); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
}

func FuzzNames(f *testing.F) {
	n, err := core.NewNames("btn", "1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("btn-1-zz"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if id, ok := n.Parse(b); ok && string(n.Append(nil, id)) != string(b) {
			t.Errorf("%q counts as order %d, whose name is %q", b, id, n.Append(nil, id))
		}
	})
}

func TestPlan(t *testing.T) {
	plan, err := core.Plan([]string{"btcusdt@depth@100ms", "btcusdt@markPrice@1s", "btcusdt@bookTicker", "btcusdt@trade", "btcusdt@aggTrade", "btcusdt@depth20@100ms", "!bookTicker", "!markPrice@arr"})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, c := range plan {
		got.WriteString([...]string{"public:", "market:"}[c.Root] + strings.Join(c.Streams, ",") + " ")
	}
	want := "public:btcusdt@depth@100ms,btcusdt@bookTicker,btcusdt@trade,btcusdt@depth20@100ms,!bookTicker market:btcusdt@markPrice@1s,btcusdt@aggTrade,!markPrice@arr "
	if got.String() != want {
		t.Errorf("plan %s\nwant %s", got.String(), want)
	}
	many := make([]string, core.MaxStreams+1)
	for i := range many {
		many[i] = strings.Repeat("x", i+1) + "@bookTicker"
	}
	if plan, err = core.Plan(many); err != nil || len(plan) != 2 || len(plan[0].Streams) != core.MaxStreams {
		t.Errorf("%d streams make %d connections, %v", len(many), len(plan), err)
	}
	if _, err = core.Plan([]string{"a@trade", "a@trade"}); err == nil {
		t.Error("a double stream passed")
	}
}

func TestBackoff(t *testing.T) {
	b := core.NewBackoff(100, 1000, rand.New(rand.NewPCG(1, 2)))
	for _, most := range []market.Nanos{100, 200, 400, 800, 1000, 1000} {
		if d := b.Next(); d > most || d < most*3/4 {
			t.Errorf("pause %d, want between %d and %d", d, most*3/4, most)
		}
	}
	b.Reset()
	if d := b.Next(); d > 100 {
		t.Errorf("after Reset the pause is %d", d)
	}
}
