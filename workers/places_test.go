package workers

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"threadhub/internal/channels"
	"threadhub/threads"
)

func TestCallsThatAreStuckTakeNobodysPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &run{out: map[threads.MessageID]calling{}}
		call := func(kind string, n int) {
			for range n {
				r.out[threads.MessageID(fmt.Sprint(len(r.out)))] = calling{kind, time.Now()}
			}
		}
		require.Equal(t, places, r.room())
		call("deaf", places)
		require.Zero(t, r.room(), "as many as there are places")
		time.Sleep(stuckAfter)
		require.Equal(t, places, r.room(), "they do not count any more")
		require.Equal(t, places, r.stuck()["deaf"], "and nothing more is sent there")
		call("quick", places)
		require.Zero(t, r.room())
		require.Zero(t, r.stuck()["quick"])
		call("quick", mostOut-2*places)
		time.Sleep(stuckAfter)
		require.Zero(t, r.room(), "there is an end to it")
	})
}

func TestAPlatformThatHangsOnOneChannelLeavesPlacesToItsOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &run{
			Outbound: &Outbound{Carrier: idle{}, Now: time.Now},
			out:      map[threads.MessageID]calling{}, busy: map[threads.ChannelID]*share{},
		}
		call := func(channel threads.ChannelID, n int) {
			for range n {
				r.take(&attempt{
					delivery: threads.Delivery{MessageID: threads.MessageID(fmt.Sprint(len(r.out))), ChannelID: channel},
					channel:  &channels.Opened{Channel: channels.Channel{Kind: "chat"}},
				}, time.Now())
			}
		}
		require.Equal(t, channelPlaces, r.claimable(r.room()).Of("deaf"))
		call("deaf", channelPlaces)
		require.Zero(t, r.claimable(r.room()).Of("deaf"))
		time.Sleep(stuckAfter)
		call("well", 1)
		require.Equal(t, waryPlaces-1, r.claimable(r.room()).Of("well"), "it goes on, with care")
		others := r.channelRoom()
		for range waryPlaces {
			require.True(t, others.take("new", "chat"))
		}
		require.False(t, others.take("new", "chat"))
		require.True(t, others.take("new", "mail"), "another platform has nothing to do with it")
		for i := range (kindMost - channelPlaces) / waryPlaces {
			call(threads.ChannelID(fmt.Sprint("deaf", i)), waryPlaces)
		}
		time.Sleep(stuckAfter)
		require.Zero(t, r.claimable(r.room()).Of("well"), "the platform is down")
	})
}

// idle is a carrier that holds nothing back.
type idle struct{ Carrier }

func (idle) Held() map[string]time.Time { return nil }
