package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/connectors"
	"threadhub/normalize"
)

func failure(text string) *normalize.Failure { return &normalize.Failure{Message: text} }

const calm = "60000" // no heartbeat is due during a test

func TestASessionBeginsWithWhatTheBotIsAndAsksFor(t *testing.T) {
	identified := make(chan said, 1)
	var path string
	closed := make(chan int, 1)
	r := newRig(t, func(k *talk) {
		path = k.path
		k.greet(calm)
		s, _ := k.hear()
		identified <- s
		k.ready("s1")
		k.send(message("2", "1001", "hello"))
		k.send(`{"op":0,"t":"TYPING_START","s":3,"d":{"x":"unwanted"}}`)
		k.send(message("4", "1002", "world"))
		closed <- int(k.gone())
	})
	require.ErrorIs(t, r.run(r.until(2)), context.Canceled)
	s := <-identified
	require.Equal(t, opIdentify, s.Op)
	require.Equal(t, botToken, s.Data["token"])
	require.Equal(t, 4096.0, s.Data["intents"])
	require.Equal(t, []any{0.0, 3.0}, s.Data["shard"], "direct messages come to the first shard")
	require.Contains(t, path, "encoding=json&v=10")
	require.Equal(t, []string{"MESSAGE_CREATE hello", "MESSAGE_CREATE world"}, r.delivered)
	require.True(t, strings.HasPrefix(r.headers[0], "gateway/"))
	require.NotContains(t, r.headers[0], "s1")
	require.NotContains(t, []int{1000, 1001}, <-closed, "a session that is closed with these cannot be resumed")
	require.JSONEq(t, `{"session":"s1","url":"ws://`+strings.TrimPrefix(r.server.URL, "http://")+`/resume","seq":4,"directs":{"500":"1002"}}`, string(r.state))
	require.NotContains(t, string(r.state), botToken)
}

// resumed plays a connection that resumes s1 and reports from where.
func resumed(seqs chan<- float64, more ...string) func(*talk) {
	return func(k *talk) {
		k.greet(calm)
		s, _ := k.hear()
		if s.Op != opResume || s.Data["session_id"] != "s1" || s.Data["token"] != botToken || !strings.Contains(k.path, "|/resume/?") {
			k.t.Errorf("not resumed but %d %v at %s", s.Op, s.Data, k.path)
		}
		seqs <- s.Data["seq"].(float64)
		for _, raw := range more {
			k.send(raw)
		}
		k.gone()
	}
}

func TestWhatCouldNotBeStoredComesAgain(t *testing.T) {
	seqs := make(chan float64, 1)
	r := newRig(t, func(k *talk) {
		k.greet(calm)
		k.hear()
		k.ready("s1")
		k.send(message("2", "1001", "one"))
		k.gone()
	}, resumed(seqs, message("2", "1001", "one"), `{"op":0,"t":"RESUMED","s":3,"d":{}}`))
	r.failures = 1
	require.ErrorIs(t, r.run(r.until(1)), context.Canceled)
	require.Equal(t, 1.0, <-seqs, "the number of the event that was lost is not the latest one")
	require.Equal(t, []string{"MESSAGE_CREATE one"}, r.delivered)
}

// TestAProcessThatDiesIsFollowedByOneThatResumes: the state is that before the
// event which was received but never stored.
func TestAProcessThatDiesIsFollowedByOneThatResumes(t *testing.T) {
	seqs := make(chan float64, 1)
	r := newRig(t, func(k *talk) {
		k.greet(calm)
		k.hear()
		k.ready("s1")
		k.send(message("2", "1001", "stored"))
		k.send(message("3", "1002", "lost"))
		k.gone()
	}, resumed(seqs, message("3", "1002", "lost")))
	died := make(chan []byte, 1)
	r.client.Wanted = func(_ string, data []byte) bool {
		if strings.Contains(string(data), "lost") {
			select {
			case died <- r.client.State(): // the last that anybody hears of it
			default:
			}
			r.failures = 1 << 30
		}
		return true
	}
	require.ErrorIs(t, r.run(func() bool { return len(died) > 0 }), context.Canceled)
	r.reset()
	r.mu.Lock()
	r.state, r.failures, r.talks = <-died, 0, 1
	r.mu.Unlock()
	require.ErrorIs(t, r.run(r.until(2)), context.Canceled)
	require.Equal(t, 2.0, <-seqs)
	require.Equal(t, []string{"MESSAGE_CREATE stored", "MESSAGE_CREATE lost"}, r.delivered)
}

func TestBreaksThatKeepTheSession(t *testing.T) {
	tests := map[string]struct {
		pause string
		then  func(*talk)
	}{
		"Discord asks to connect again":             {calm, func(k *talk) { k.send(`{"op":7}`); k.gone() }},
		"Discord takes the session back for now":    {calm, func(k *talk) { k.send(`{"op":9,"d":true}`); k.gone() }},
		"a heartbeat is not answered":               {"20", func(k *talk) { k.hear(); k.hear() }},
		"the connection breaks":                     {calm, func(k *talk) { _ = k.conn.CloseNow() }},
		"Discord closes with a fault of its own":    {calm, func(k *talk) { k.close(4000) }},
		"Discord closes as if nothing had happened": {calm, func(k *talk) { k.close(1001) }},
		"Discord sends what is not JSON":            {calm, func(k *talk) { k.send(`{"op":`); k.gone() }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			seqs := make(chan float64, 1)
			r := newRig(t, func(k *talk) {
				k.greet(tt.pause)
				for s, ok := k.hear(); ok && s.Op != opIdentify; s, ok = k.hear() {
					k.send(`{"op":11}`)
				}
				k.ready("s1")
				k.send(message("2", "1001", "one"))
				tt.then(k)
			}, resumed(seqs, message("3", "1002", "two")))
			require.ErrorIs(t, r.run(r.until(2)), context.Canceled)
			require.Equal(t, 2.0, <-seqs)
			require.Equal(t, []string{"MESSAGE_CREATE one", "MESSAGE_CREATE two"}, r.delivered)
			require.Equal(t, []string{"gateway"}, r.asked, "resuming begins no session")
		})
	}
}

func TestHeartbeats(t *testing.T) {
	var beats []string
	r := newRig(t, func(k *talk) {
		k.greet("10")
		for {
			s, ok := k.hear()
			switch {
			case !ok:
				return
			case s.Op == opIdentify:
				k.ready("s1")
				k.send(`{"op":1}`)
			case s.Op == opHeartbeat:
				beats = append(beats, string(s.Raw))
				k.send(`{"op":11}`)
				if len(beats) == 5 {
					k.send(message("2", "1001", "alive"))
				}
			}
		}
	})
	require.ErrorIs(t, r.run(r.until(1)), context.Canceled)
	require.Equal(t, 1, r.talks, "a connection whose heartbeats are answered lasts")
	require.GreaterOrEqual(t, len(beats), 5)
	require.Contains(t, beats, "1", "they carry the number of the latest event")
}

// TestMessagesOfALostSessionAreFetched plays a session that cannot be resumed.
func TestMessagesOfALostSessionAreFetched(t *testing.T) {
	begin := func(session string, more ...string) func(*talk) {
		return func(k *talk) {
			k.greet(calm)
			if s, _ := k.hear(); s.Op == opResume {
				k.send(`{"op":9,"d":false}`)
				k.gone()
				return
			}
			k.ready(session)
			for _, raw := range more {
				k.send(raw)
			}
			k.gone()
		}
	}
	r := newRig(t, begin("s2"), begin("s2", message("2", "2000", "new")))
	r.state = []byte(`{"session":"s1","url":"ws://` + strings.TrimPrefix(r.server.URL, "http://") + `/resume","seq":9,"directs":{"500":"1000","600":"900","700":"800"}}`)
	page := make([]string, HistoryPage)
	for i := range page { // Discord answers the newest first
		page[HistoryPage-1-i] = `{"id":"` + strconv.Itoa(1001+i) + `","channel_id":"500","author":{"id":"42"},"content":"missed ` + strconv.Itoa(i) + `"}`
	}
	tries := 0
	r.answer = func(asked string, _ int) (int, string) {
		switch asked {
		case "messages 500 1000":
			if tries++; tries == 1 {
				return 429, ""
			}
			return 200, "[" + strings.Join(page, ",") + "]"
		case "messages 500 1100":
			return 200, `[{"id":"1102","content":"the last"},{"id":"1101","content":"unwanted"},{"id":"1100","content":"again"}]`
		case "messages 600 900":
			return 404, `{}`
		case "messages 700 800":
			return 200, `[]`
		}
		return 0, ""
	}
	done := func() bool { return len(r.delivered) == HistoryPage+2 && len(r.client.memory.Load().missed()) == 0 }
	require.ErrorIs(t, r.run(done), context.Canceled)
	var missed []string
	for _, d := range r.delivered {
		if d != "MESSAGE_CREATE new" {
			missed = append(missed, d)
		}
	}
	require.Equal(t, "MESSAGE_CREATE missed 0", missed[0])
	require.Equal(t, "MESSAGE_CREATE missed 99", missed[HistoryPage-1])
	require.Equal(t, "MESSAGE_CREATE the last", missed[HistoryPage])
	var kept kept
	require.NoError(t, json.Unmarshal(r.state, &kept))
	require.Equal(t, "s2", kept.Session)
	require.Empty(t, kept.Missed)
	require.Equal(t, "2000", kept.Directs["500"])
}

func TestCodesThatEndASession(t *testing.T) {
	for _, code := range []int{4003, 4007, 4009} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			identified := make(chan int, 2)
			script := func(last bool) func(*talk) {
				return func(k *talk) {
					k.greet(calm)
					s, _ := k.hear()
					identified <- s.Op
					k.ready("s1")
					if !last {
						k.close(code)
						return
					}
					k.send(message("2", "1001", "one"))
					k.gone()
				}
			}
			r := newRig(t, script(false), script(true))
			require.ErrorIs(t, r.run(r.until(1)), context.Canceled)
			require.Equal(t, []int{opIdentify, opIdentify}, []int{<-identified, <-identified})
		})
	}
}

func TestCodesThatEndItAll(t *testing.T) {
	for code, word := range map[int]string{4004: "token", 4010: "shard", 4011: "servers", 4012: "update", 4013: "update", 4014: "Privileged Gateway Intents"} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			r := newRig(t, func(k *talk) {
				k.greet(calm)
				k.hear()
				k.close(code)
			})
			var ended *connectors.StreamEnded
			require.ErrorAs(t, r.run(func() bool { return false }), &ended)
			require.Contains(t, ended.Reason, word)
			require.Contains(t, ended.Reason, strconv.Itoa(code))
			require.Equal(t, 1, r.talks)
		})
	}
}

func TestADeadTokenEndsItBeforeAnythingIsOpened(t *testing.T) {
	r := newRig(t)
	r.answer = func(string, int) (int, string) { return http.StatusUnauthorized, "" }
	var ended *connectors.StreamEnded
	require.ErrorAs(t, r.run(func() bool { return false }), &ended)
	require.Equal(t, "the token is dead", ended.Reason)
	require.Zero(t, r.talks)
}

func TestNoSessionIsBegunWhenDiscordAllowsNone(t *testing.T) {
	r := newRig(t, func(k *talk) {
		k.greet(calm)
		k.hear()
		k.ready("s1")
		k.send(message("2", "1001", "one"))
		k.gone()
	})
	r.answer = func(_ string, n int) (int, string) {
		switch n {
		case 0:
			return 503, ""
		case 1:
			return 200, `{"url":"ws://127.0.0.1:1","session_start_limit":{"total":1000,"remaining":0,"reset_after":300}}`
		}
		return 0, ""
	}
	began := time.Now()
	require.ErrorIs(t, r.run(r.until(1)), context.Canceled)
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond)
	require.Contains(t, strings.Join(r.reports, "\n"), "allows no new session")
}

func TestAnAddressThatIsGoneIsGivenUp(t *testing.T) {
	r := newRig(t, func(k *talk) {
		k.greet(calm)
		k.hear()
		k.ready("s2")
		k.send(message("2", "1001", "one"))
		k.gone()
	})
	r.state = []byte(`{"session":"s1","url":"ws://127.0.0.1:1/gone","seq":9}`)
	require.ErrorIs(t, r.run(r.until(1)), context.Canceled)
	down := 0
	for _, report := range r.reports {
		if strings.HasPrefix(report, "down: connect") {
			down++
		}
	}
	require.Equal(t, maxResumes, down)
}

func TestTheTokenGoesToNoOneInTheClear(t *testing.T) {
	tests := map[string]struct {
		address string
		plain   bool
		ok      bool
	}{
		"an encrypted address":           {"wss://gateway.example", false, true},
		"a plain one is refused":         {"ws://gateway.example", false, false},
		"a plain one beside a plain API": {"ws://127.0.0.1:1", true, true},
		"an address of another scheme":   {"https://gateway.example", true, false},
		"an address without a host":      {"wss:///x", true, false},
		"an address that is none":        {"wss://%zz", true, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := New(Config{Plain: tt.plain}).address(tt.address)
			require.Equal(t, tt.ok, err == nil)
			if tt.ok {
				require.True(t, strings.HasSuffix(got, "/?encoding=json&v=10"), got)
			}
		})
	}
}

func TestSendsKeepWithinTheLimit(t *testing.T) {
	pace, sent := newPace(), 0
	at := time.Now()
	for i := range 60_000 { // a minute, each millisecond
		if pace.AllowN(at.Add(time.Duration(i)*time.Millisecond), 1) {
			sent++
		}
	}
	require.LessOrEqual(t, sent, 120)
	require.Greater(t, sent, 100)
}

func TestPausesGrowAndEnd(t *testing.T) {
	for try := range 40 {
		p := usual().pause(try)
		require.Positive(t, p)
		require.LessOrEqual(t, p, usual().longestPause)
		require.GreaterOrEqual(t, p, min(usual().firstPause<<min(try, 16), usual().longestPause)/2)
	}
}

func TestMemory(t *testing.T) {
	t.Run("what cannot be read is forgotten", func(t *testing.T) {
		_, _, ok := recall([]byte(`{"session":5}`)).session()
		require.False(t, ok)
	})
	t.Run("the channels in which something happened last are kept", func(t *testing.T) {
		m := recall(nil)
		for i := range maxDirects + 5 {
			id := strconv.Itoa(9000 + i)
			m.handled(&frame{Event: "MESSAGE_CREATE", Data: json.RawMessage(`{"id":"` + id + `","channel_id":"c` + id + `"}`)})
		}
		require.Len(t, m.kept.Directs, maxDirects)
		require.NotContains(t, m.kept.Directs, "c9004")
		require.Contains(t, m.kept.Directs, "c9005")
	})
	t.Run("a channel that is being looked through keeps its earlier mark", func(t *testing.T) {
		m := recall([]byte(`{"session":"s","directs":{"1":"100"}}`))
		m.lose()
		m.handled(&frame{Seq: 2, Event: "MESSAGE_CREATE", Data: json.RawMessage(`{"id":"200","channel_id":"1"}`)})
		m.lose()
		require.Equal(t, map[string]string{"1": "100"}, m.missed())
		require.Zero(t, m.seq())
	})
	t.Run("servers are not remembered", func(t *testing.T) {
		m := recall(nil)
		m.handled(&frame{Seq: 2, Event: "MESSAGE_CREATE", Data: json.RawMessage(`{"id":"200","channel_id":"1","guild_id":"3"}`)})
		require.Empty(t, m.kept.Directs)
		require.EqualValues(t, 2, m.seq())
	})
}
