package ws_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
	"time"

	"baton/netio/ws"
)

// The real Autobahn suite, whose server test/autobahn/run starts. BATON_AUTOBAHN is its address, "127.0.0.1:9001";
// BATON_AUTOBAHN_CASES a list of patterns of cases that are wanted ("12.*,13.*"), where not all are.
const (
	suiteAddress = "BATON_AUTOBAHN"
	suiteCases   = "BATON_AUTOBAHN_CASES"
	suiteAgent   = "baton"
	suiteLimit   = 10 * time.Minute // of one case: the server is slow, and some send 128 MB
)

// suiteLine is one connection to the suite's server.
type suiteLine struct {
	conn net.Conn
	r    *ws.Reader
	key  uint32 // of the next mask
	out  []byte
}

func suiteDial(t *testing.T, target string) *suiteLine {
	t.Helper()
	conn, err := net.Dial("tcp", os.Getenv(suiteAddress))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(suiteLimit)); err != nil {
		t.Fatal(err)
	}
	key := ws.Key([16]byte{1, 2, 3})
	if _, err := conn.Write(ws.AppendRequest(nil, os.Getenv(suiteAddress), target, key, [][2]string{{"Sec-WebSocket-Extensions", ws.OfferDeflate}})); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	ext, err := ws.CheckOffered(answer.StatusCode, key, answer.Header.Get)
	if err != nil {
		t.Fatal(err)
	}
	l := &suiteLine{conn: conn, r: ws.NewReader(ws.Client)}
	l.r.SetExtension(ext)
	early, _ := in.Peek(in.Buffered())
	l.r.Feed(early)
	return l
}

func (l *suiteLine) send(op ws.Opcode, payload []byte) {
	l.key += 0x9e3779b9
	l.out = ws.AppendMasked(l.out[:0], op, payload, [4]byte{byte(l.key), byte(l.key >> 8), byte(l.key >> 16), byte(l.key >> 24)})
	_, _ = l.conn.Write(l.out) // a peer that has gone shows at the next read
}

// run reads until the connection ends and hands every text and binary message to take. Control frames are answered as netio does.
func (l *suiteLine) run(take func(m ws.Message)) error {
	for {
		for {
			m, ok, err := l.r.Next()
			if e, is := errors.AsType[*ws.Error](err); is {
				l.send(ws.Close, ws.AppendClosePayload(nil, e.Code, e.Text))
				return nil
			}
			if !ok {
				break
			}
			switch m.Op {
			case ws.Ping:
				l.send(ws.Pong, m.Data)
			case ws.Close:
				code, _, _ := ws.ParseClose(m.Data) // the reader has checked it
				l.send(ws.Close, ws.AppendClosePayload(nil, code, ""))
				_, _ = io.Copy(io.Discard, l.conn)
				return nil
			case ws.Text, ws.Binary:
				take(m)
			}
		}
		n, err := l.conn.Read(l.r.Space())
		l.r.Filled(n)
		if err != nil {
			if n, ok := err.(net.Error); ok && n.Timeout() {
				return err
			}
			return nil
		}
	}
}

// ask is one question to the server: the text that it answers.
func suiteAsk(t *testing.T, target string) (text string) {
	t.Helper()
	if err := suiteDial(t, target).run(func(m ws.Message) { text = string(m.Data) }); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestAutobahnSuite is the client's side of Autobahn's fuzzingserver: an echo. What the server makes of each case has to be OK, or
// NON-STRICT where the RFC leaves it open, or INFORMATIONAL. What the server cannot agree on with a client of this offer is skipped.
func TestAutobahnSuite(t *testing.T) {
	if os.Getenv(suiteAddress) == "" {
		t.Skip("no server: test/autobahn/run installs the suite and starts it")
	}
	count, err := strconv.Atoi(suiteAsk(t, "/getCaseCount"))
	if err != nil || count == 0 {
		t.Fatalf("the server has %d cases: %v", count, err)
	}
	verdicts := map[string]int{}
	for n := 1; n <= count; n++ {
		var info struct{ ID, Description string }
		if err := json.Unmarshal([]byte(suiteAsk(t, fmt.Sprintf("/getCaseInfo?case=%d", n))), &info); err != nil {
			t.Fatal(err)
		}
		if !suiteWants(info.ID) {
			continue
		}
		t.Run(info.ID, func(t *testing.T) {
			l := suiteDial(t, fmt.Sprintf("/runCase?case=%d&agent=%s", n, suiteAgent))
			if err := l.run(func(m ws.Message) { l.send(m.Op, m.Data) }); err != nil {
				t.Error(err)
			}
			l.conn.Close()
			var verdict struct{ Behavior string }
			if err := json.Unmarshal([]byte(suiteAsk(t, fmt.Sprintf("/getCaseStatus?case=%d&agent=%s", n, suiteAgent))), &verdict); err != nil {
				t.Fatal(err)
			}
			switch verdicts[verdict.Behavior]++; verdict.Behavior {
			case "OK", "NON-STRICT", "INFORMATIONAL":
			case "UNIMPLEMENTED": // the server declines an offer of compression without a window of its own size: 13.3 to 13.6
				t.Skip("not offered: " + info.Description)
			default:
				t.Errorf("%s: %s", verdict.Behavior, info.Description)
			}
		})
	}
	suiteAsk(t, "/updateReports?agent="+suiteAgent)
	t.Logf("of %d cases: %v", count, verdicts)
}

// suiteWants says whether a case is among those that are asked for.
func suiteWants(id string) bool {
	patterns := os.Getenv(suiteCases)
	if patterns == "" {
		return true
	}
	for p := range strings.SplitSeq(patterns, ",") {
		if ok, err := path.Match(p, id); ok && err == nil {
			return true
		}
	}
	return false
}
