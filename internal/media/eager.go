package media

import (
	"context"
	"errors"
	"sync"
	"time"

	"threadhub/connectors"
	"threadhub/threads"
)

// Policy says what is fetched before anybody asks for it.
type Policy string

// Policies.
const (
	// Perishable fetches what the platform keeps for a short time only
	// (connectors.Perishable).
	Perishable Policy = "perishable"
	Everything Policy = "all"
	Nothing    Policy = "none"
)

// Eager fetches attachments in the background, best effort: what it misses is
// fetched when somebody asks for it. It never makes its caller wait.
type Eager struct {
	library *Library
	policy  Policy
	waiting chan *errand
}

type errand struct {
	message threads.Message
	index   int
	tries   int
}

const (
	eagerPlaces  = 4
	eagerWaiting = 10000
	eagerTries   = 6
	// The pauses between tries: 5 s, 20 s, 80 s, 5 min, 21 min.
	eagerPause = 5 * time.Second
)

// NewEager answers a fetcher that works while Run runs.
func NewEager(l *Library, p Policy) *Eager {
	return &Eager{library: l, policy: p, waiting: make(chan *errand, eagerWaiting)}
}

// Take notes the attachments of a message that came in. When too many wait
// they are left for later.
func (e *Eager) Take(m *threads.Message) {
	if e.policy == Nothing || m.Direction != threads.Inbound || len(m.Content.Attachments) == 0 {
		return
	}
	for i := range m.Content.Attachments {
		e.put(&errand{message: *m, index: i})
	}
}

func (e *Eager) put(x *errand) {
	select {
	case e.waiting <- x:
	default:
		e.library.Logger.Warn("too many attachments wait to be fetched, one is left until it is asked for", "message", x.message.ID)
	}
}

// Run fetches until ctx ends, and returns when nothing of it goes on.
func (e *Eager) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for range eagerPlaces {
		wg.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case x := <-e.waiting:
					e.fetch(ctx, &wg, x)
				}
			}
		})
	}
	wg.Wait()
}

func (e *Eager) fetch(ctx context.Context, wg *sync.WaitGroup, x *errand) {
	if !e.wanted(ctx, x.message.ChannelID) {
		return
	}
	item, err := e.library.Attachment(ctx, &x.message, x.index)
	if err == nil {
		_ = item.File.Close()
		return
	}
	x.tries++
	var failed *Error
	final := errors.As(err, &failed) && (failed.Gone || failed.TooLarge)
	if final || x.tries == eagerTries || ctx.Err() != nil {
		e.library.Logger.WarnContext(ctx, "an attachment was not fetched", "message", x.message.ID, "tries", x.tries, "error", err)
		return
	}
	pause := eagerPause << (2 * (x.tries - 1))
	if failed != nil {
		pause = max(pause, failed.After)
	}
	wg.Go(func() {
		select {
		case <-ctx.Done():
		case <-time.After(pause):
			e.put(x)
		}
	})
}

func (e *Eager) wanted(ctx context.Context, id threads.ChannelID) bool {
	if e.policy == Everything {
		return true
	}
	ch, err := e.library.Channels.Open(ctx, id)
	if err != nil {
		return false
	}
	p, ok := ch.Connector.(connectors.Perishable)
	return ok && p.MediaKept() > 0
}
