package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// pump is what a load came to.
type pump struct {
	took      time.Duration   // first request → last answer
	latencies []time.Duration // sorted, of those answered 2xx
	refused   map[int]int     // how many of each other status
	// taken says which requests were answered 2xx.
	taken []bool
}

// rps is answers 2xx in a second.
func (p pump) rps() float64 { return float64(len(p.latencies)) / p.took.Seconds() }

// load sends n requests over so many connections, each sending its next as
// soon as it has its answer. write appends the i-th request to an empty
// buffer.
func load(ctx context.Context, addr string, n, connections int, write func(buf []byte, i int) []byte) (pump, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var group sync.WaitGroup
	times, statuses := make([]time.Duration, n), make([]int, n)
	began := time.Now()
	for range min(connections, n) {
		group.Go(func() {
			w := newWire(addr)
			defer w.close()
			buf := make([]byte, 0, 4<<10)
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				buf = write(buf[:0], i)
				start := time.Now()
				status, err := w.do(ctx, buf, nil)
				if err != nil {
					cancel(fmt.Errorf("request %d: %w", i, err))
					return
				}
				times[i], statuses[i] = time.Since(start), status
			}
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return pump{}, context.Cause(ctx)
	}
	return summary(time.Since(began), times, statuses), nil
}

func summary(took time.Duration, times []time.Duration, statuses []int) pump {
	p := pump{took: took, refused: map[int]int{}, taken: make([]bool, len(times))}
	for i, status := range statuses {
		if !accepted(status) {
			p.refused[status]++
			continue
		}
		p.taken[i] = true
		p.latencies = append(p.latencies, times[i])
	}
	slices.Sort(p.latencies)
	return p
}
