package threads

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// counted tells which times a report takes in of a script, with their values.
func counted(s Spans) map[string]time.Duration {
	out := map[string]time.Duration{}
	for i, name := range []string{
		"reply", "assigned", "assigned-reply", "wait-status", "wait-message", "agent-wait", "hold", "first-solve", "full-solve", "handle",
	} {
		if s[i] != NoSpan {
			out[name] = time.Duration(s[i]) * time.Millisecond
		}
	}
	return out
}

func TestAReportCountsATimeOnceItIsWhole(t *testing.T) {
	const began = "08:58 customer, 09:00 assign bea, 09:05 reply"
	m := func(minutes int) time.Duration { return time.Duration(minutes) * time.Minute }
	for _, c := range []struct {
		name, script string
		want         map[string]time.Duration
		replies      int
	}{
		{"nothing of a conversation that nobody has taken", "08:58 customer, 08:59 customer", map[string]time.Duration{}, 0},
		{
			"while it is open, what happened once", began,
			map[string]time.Duration{"assigned": m(2), "reply": m(7), "assigned-reply": m(5)},
			0,
		},
		{
			"once it is solved, what is added up too", began + ", 09:06 solved",
			map[string]time.Duration{
				"assigned": m(2), "reply": m(7), "assigned-reply": m(5), "first-solve": m(8),
				"wait-status": m(8), "wait-message": m(7), "handle": m(6),
			},
			1,
		},
		{
			"reopened, no more of that", began + ", 09:06 solved, 09:10 customer",
			map[string]time.Duration{"assigned": m(2), "reply": m(7), "assigned-reply": m(5), "first-solve": m(8)},
			0,
		},
		{
			"closed, the full resolution too", began + ", 09:06 solved, 09:10 customer, 09:20 reply, 09:30 solved, 10:30 due",
			map[string]time.Duration{
				"assigned": m(2), "reply": m(7), "assigned-reply": m(5), "first-solve": m(8), "full-solve": m(32),
				"wait-status": m(28), "wait-message": m(17), "handle": m(26),
			},
			2,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLife(t, oddMinutes)
			l.play(c.script)
			f := FiguresOf(l.conv)
			require.Equal(t, c.want, counted(f.Elapsed))
			require.Len(t, counted(*f.Business), len(c.want))
			require.Equal(t, c.replies, f.Replies)
			require.Equal(t, l.conv.State.Status == StatusClosed, f.Closed)
			require.Equal(t, done(l.conv.State.Status), !f.SolvedAt.IsZero())
		})
	}
}

func TestACustomersMessageDoesNotChangeTheFiguresOfALiveConversation(t *testing.T) {
	for _, script := range []string{"08:58 customer", "08:58 customer, 09:00 assign bea, 09:05 reply"} {
		l := newLife(t, oddMinutes)
		l.play(script)
		before := FiguresOf(l.conv).Encode()
		l.play("09:30 customer, 09:31 customer")
		require.Equal(t, before, FiguresOf(l.conv).Encode(), "or every message would change an index")
		l.play("09:32 reply")
		replied := FiguresOf(l.conv).Encode()
		l.play("09:40 reply, 09:41 customer, 09:42 note")
		require.Equal(t, replied, FiguresOf(l.conv).Encode(), "nor does a reply after the first")
	}
}

func anyFigures(t *rapid.T) Figures {
	spans := func(label string) Spans {
		var s Spans
		for i := range s {
			s[i] = rapid.Int64Range(NoSpan, 1<<45).Draw(t, label)
		}
		return s
	}
	f := Figures{
		Channel: ChannelID(rapid.String().Draw(t, "channel")), Contact: ContactID(rapid.String().Draw(t, "contact")),
		Style:    StyleName(rapid.SampledFrom([]string{"", string(LiveChat), "later"}).Draw(t, "style")),
		Assignee: AgentID(rapid.String().Draw(t, "agent")), Group: GroupID(rapid.String().Draw(t, "group")),
		CreatedAt: t0.Add(time.Duration(rapid.IntRange(-1<<40, 1<<40).Draw(t, "created")) * time.Millisecond),
		Closed:    rapid.Bool().Draw(t, "closed"), Reopens: rapid.IntRange(0, 1<<20).Draw(t, "reopens"),
		OverCapacityReturns: rapid.IntRange(0, 1<<20).Draw(t, "returns"), Replies: rapid.IntRange(0, 1<<20).Draw(t, "replies"),
		Elapsed: spans("elapsed"),
	}
	if rapid.Bool().Draw(t, "solved") {
		f.SolvedAt = f.CreatedAt.Add(time.Hour)
	}
	if rapid.Bool().Draw(t, "by a schedule") {
		s := spans("business")
		f.Business = &s
	}
	if rapid.Bool().Draw(t, "ever solved") {
		b := rapid.Bool().Draw(t, "one touch")
		f.OneTouch = &b
	}
	return f
}

func TestFiguresComeBackAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFigures(t)
		b := f.Encode()
		back, err := DecodeFigures(b)
		require.NoError(t, err)
		require.Equal(t, f, back)
		require.Equal(t, b, back.Encode())
		for n := range b {
			_, err := DecodeFigures(b[:n])
			require.Error(t, err, "cut at %d", n)
		}
		_, err = DecodeFigures(append(b, 0))
		require.Error(t, err)
	})
}

func FuzzDecodeFigures(f *testing.F) {
	f.Add(Figures{Channel: "ch_1", Contact: "ct_1", Elapsed: Spans{NoSpan, 1, 2}}.Encode())
	f.Add([]byte{figuresVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := DecodeFigures(b)
		if err != nil {
			require.ErrorIs(t, err, errFigures)
			return
		}
		again, err := DecodeFigures(got.Encode())
		require.NoError(t, err)
		require.Equal(t, got, again)
	})
}
