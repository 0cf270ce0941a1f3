package workers

import "time"

// calling is a call that is out.
type calling struct {
	kind string // of its channel's connector
	at   time.Time
}

const (
	// stuckAfter is when a call counts as stuck: it then holds no place that
	// others could use, up to mostOut calls in all.
	stuckAfter = time.Second
	mostOut    = 4 * places
	// kindPlaces is how many stuck calls a platform may have before no more are
	// made to it, on whichever channel; stuckPause is when to look again.
	kindPlaces = channelPlaces
	stuckPause = time.Second
)

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
