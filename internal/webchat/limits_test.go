package webchat

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	widget "threadhub/connectors/webchat"
)

func TestFloodsAreBounded(t *testing.T) {
	now := began
	s := &Service{limits: newLimits(func() time.Time { return now })}
	visitor := func(id string) Session { return Session{Channel: "ch_1", Visitor: widget.Visitor{ID: id}} }
	until := func(d Deed, sess Session, address string) (n int, wait time.Duration) {
		for ; n < 10_000; n++ {
			var limit *LimitError
			if errors.As(s.Allow(d, sess, address), &limit) {
				return n, limit.After
			}
		}
		return n, 0
	}
	n, wait := until(DeedPost, visitor("a"), "192.0.2.1")
	require.Equal(t, 20, n)
	require.Equal(t, 3*time.Second, wait)
	n, _ = until(DeedPost, visitor("b"), "192.0.2.1")
	require.Equal(t, 20, n, "another visitor of the same office")
	now = now.Add(wait)
	n, _ = until(DeedPost, visitor("a"), "192.0.2.1")
	require.Equal(t, 1, n, "whoever waits goes on")

	n, _ = until(DeedOpen, Session{Channel: "ch_1"}, "192.0.2.1")
	require.Equal(t, 20, n)
	n, _ = until(DeedOpen, Session{Channel: "ch_1"}, "2001:db8::1")
	require.Equal(t, 20, n)
	n, _ = until(DeedOpen, Session{Channel: "ch_1"}, "2001:db8::ffff")
	require.Zero(t, n, "one network of IPv6 is one address")
	require.Equal(t, network("192.0.2.1"), network("::ffff:192.0.2.1"))
}

func TestStreamsAreBounded(t *testing.T) {
	l := newLimits(time.Now)
	sess := Session{Visitor: widget.Visitor{ID: "a"}}
	var leave []func()
	for range streamsOfOne {
		out, err := l.enter(sess, "192.0.2.1")
		require.NoError(t, err)
		leave = append(leave, out)
	}
	_, err := l.enter(sess, "192.0.2.1")
	require.ErrorAs(t, err, new(*LimitError))
	for _, out := range leave {
		out()
	}
	require.Empty(t, l.open)
}
