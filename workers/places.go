package workers

import (
	"time"

	"threadhub/threads"
)

// calling is a call that is out.
type calling struct {
	kind string // of its channel's connector
	at   time.Time
}

// share is what a channel has of the places.
type share struct {
	kind string
	out  int
}

const (
	// channelPlaces is how many calls one channel may have out: a channel that
	// hangs keeps its own places.
	channelPlaces = 32
	// stuckAfter is when a call counts as stuck: it then holds no place that
	// others could use, up to mostOut calls in all.
	stuckAfter = time.Second
	mostOut    = 3 * places
	// A platform with kindPlaces stuck calls may be down: from then on each of
	// its channels has waryPlaces, which is enough for those that work, and
	// none when kindMost calls are stuck. stuckPause is when to look again.
	kindPlaces = channelPlaces
	waryPlaces = 4
	kindMost   = places
	stuckPause = time.Second
)

// take notes that an attempt's call goes out.
func (r *run) take(a *attempt, at time.Time) {
	r.out[a.delivery.MessageID] = calling{a.channel.Kind, at}
	s, ok := r.busy[a.delivery.ChannelID]
	if !ok {
		s = &share{}
		r.busy[a.delivery.ChannelID] = s
	}
	s.kind = a.channel.Kind
	s.out++
}

// room is how many more calls may be made now. Few calls are not worth counting
// the stuck ones among them.
func (r *run) room() int {
	free := places - len(r.out)
	if free > places/2 {
		return free
	}
	for _, n := range r.stuck() {
		free += n
	}
	return min(free, mostOut-len(r.out))
}

// stuck counts the stuck calls of each kind.
func (r *run) stuck() map[string]int {
	if len(r.out) < channelPlaces {
		return nil
	}
	counts := map[string]int{}
	for _, c := range r.out {
		if time.Since(c.at) >= stuckAfter {
			counts[c.kind]++
		}
	}
	return counts
}

// mostOf is how many calls a channel may have out while as many of its kind are
// stuck.
func mostOf(stuck int) int {
	switch {
	case stuck >= kindMost:
		return 0
	case stuck >= kindPlaces:
		return waryPlaces
	}
	return channelPlaces
}

// claimable is what may be claimed, of all as given: nothing of the channels that
// pause.
func (r *run) claimable(all int) Room {
	room := Room{All: all, Channel: channelPlaces, Left: map[threads.ChannelID]int{}}
	stuck := r.stuck()
	for id, s := range r.busy {
		room.Left[id] = max(mostOf(stuck[s.kind])-s.out, 0)
	}
	for id := range r.Carrier.Held() {
		room.Left[threads.ChannelID(id)] = 0
	}
	for _, id := range r.rests.channels(r.now()) {
		room.Left[id] = 0
	}
	return room
}

// channelRoom counts what is left to channels among deliveries that are claimed:
// of which kind a channel is shows only then. While nothing is stuck, claiming
// has kept to the places.
type channelRoom struct {
	stuck map[string]int
	out   map[threads.ChannelID]int
}

func (r *run) channelRoom() channelRoom {
	c := channelRoom{stuck: r.stuck()}
	if c.stuck == nil {
		return c
	}
	c.out = make(map[threads.ChannelID]int, len(r.busy))
	for id, s := range r.busy {
		c.out[id] = s.out
	}
	return c
}

// take takes a place of the channel's, if there is one.
func (c channelRoom) take(id threads.ChannelID, kind string) bool {
	if c.stuck == nil {
		return true
	}
	if c.out[id] >= mostOf(c.stuck[kind]) {
		return false
	}
	c.out[id]++
	return true
}
