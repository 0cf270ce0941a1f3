package workers

import (
	"context"
	"hash/fnv"
	"io"
	"sync"

	"threadhub/threads"
)

const (
	// sides is how many parts of a large batch are threaded at the same time:
	// while the store works on one, the other is decided and encoded.
	sides = 2
	// splitFrom is the size from which a batch is worth splitting.
	splitFrom = 64
)

// ingestAll threads the arrivals and answers an error for each, or the value of
// a panic. Large batches are split by contact, so that each contact's events
// keep their order. (Those of a contact that writes under two names at once may
// come apart; the conversation's version still decides.)
func ingestAll(ctx context.Context, to Ingester, arrivals []threads.Arrival) (errs []error, panicked any) {
	if len(arrivals) < splitFrom {
		return ingestPart(ctx, to, arrivals)
	}
	var places [sides][]int
	for i := range arrivals {
		n := side(&arrivals[i])
		places[n] = append(places[n], i)
	}
	var parts [sides][]threads.Arrival
	for n := range parts {
		parts[n] = make([]threads.Arrival, len(places[n]))
		for i, place := range places[n] {
			parts[n][i] = arrivals[place]
		}
	}
	errs = make([]error, len(arrivals))
	var panics [sides]any
	var wg sync.WaitGroup
	for n := range parts {
		wg.Go(func() {
			var part []error
			part, panics[n] = ingestPart(ctx, to, parts[n])
			for i, err := range part {
				errs[places[n][i]] = err
			}
		})
	}
	wg.Wait()
	for _, p := range panics {
		if p != nil {
			return nil, p
		}
	}
	return errs, nil
}

func ingestPart(ctx context.Context, to Ingester, arrivals []threads.Arrival) (errs []error, panicked any) {
	defer func() {
		if p := recover(); p != nil {
			panicked = p
		}
	}()
	return to.Ingest(ctx, arrivals), nil
}

// side is the part an arrival belongs to: the same for all of a contact.
func side(a *threads.Arrival) uint32 {
	h := fnv.New32a()
	_, _ = io.WriteString(h, string(a.Channel))
	_, _ = io.WriteString(h, string(a.Event.Peer.ID))
	return h.Sum32() % sides
}
