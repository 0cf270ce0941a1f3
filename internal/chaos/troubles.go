package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"threadhub/internal/crashpoint"
)

// shuffled are the points that a hub on this pair comes to, in random order.
func (r *run) shuffled() []crashpoint.Point {
	embedded, mongo, both := crashpoint.Commits()
	outbound, mongoOutbound := crashpoint.Outbound()
	points := slices.Concat(crashpoint.Inbound(), both, outbound, crashpoint.Events(), crashpoint.Stops())
	if r.Pair == Shared {
		points = slices.Concat(points, mongo, mongoOutbound)
	} else {
		points = slices.Concat(points, embedded)
	}
	r.rnd.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
	return points
}

// trouble makes one, of which most kill a process.
func (r *run) trouble(ctx context.Context) error {
	n := r.rnd.IntN(r.Hubs)
	kinds := []func(context.Context, int) error{r.kill, r.kill, r.crash, r.crash}
	if !r.Calm {
		kinds = append(kinds, r.terminate, r.freeze, r.lose)
	}
	return kinds[r.rnd.IntN(len(kinds))](ctx, n)
}

// kill kills a process at a random moment and starts another, one time in three
// without waiting until it is ready: it may be the next to be killed.
func (r *run) kill(ctx context.Context, n int) error {
	r.Kill(n)
	r.killed++
	r.counted["killed at random"]++
	r.Log("kill %d: hub %d at random", r.killed, n)
	if r.rnd.IntN(3) == 0 {
		p, err := r.Launch(n)
		if err != nil {
			return err
		}
		r.wait(10, 600)
		if r.rnd.IntN(2) == 0 {
			p.Kill()
			r.Buried(n)
			r.killed++
			r.counted["killed while starting"]++
			r.Log("kill %d: hub %d while it started", r.killed, n)
			return r.Start(ctx, n)
		}
		return r.Hub.At(ctx, p)
	}
	return r.Start(ctx, n)
}

// crash has a process die at the next of the named points.
func (r *run) crash(ctx context.Context, n int) error {
	at, nth := r.points[0], 1+r.rnd.IntN(5)
	r.points = append(r.points[1:], at)
	stops := slices.Contains(crashpoint.Stops(), at)
	if stops {
		nth = 1
	}
	r.Kill(n)
	died, err := r.CrashAt(ctx, n, at, nth, 5*time.Second, func(p *Process) {
		if stops {
			r.wait(50, 500)
			p.Terminate()
		}
	})
	if err != nil {
		return err
	}
	r.killed += 2 // once to start it anew
	what := "died at"
	if !died {
		what = "was killed before it came to"
	}
	r.counted["killed at "+string(at)]++
	r.Log("kill %d: hub %d %s %s:%d", r.killed, n, what, at, nth)
	return r.Start(ctx, n)
}

// terminate asks a process to end, which it must do cleanly.
func (r *run) terminate(ctx context.Context, n int) error {
	r.counted["stopped"]++
	r.Log("hub %d is asked to stop", n)
	p := r.Process(n)
	err := p.Stop()
	r.Buried(n)
	return errors.Join(err, r.Start(ctx, n))
}

// freeze stops a process in its tracks for a while, now and then for longer than
// its leases last.
func (r *run) freeze(_ context.Context, n int) error {
	pause := time.Duration(300+r.rnd.IntN(2500)) * time.Millisecond
	if r.Hubs > 1 && r.rnd.IntN(4) == 0 {
		pause = 15 * time.Second
	}
	r.counted["frozen"]++
	r.Log("hub %d freezes for %s", n, pause)
	p := r.Process(n)
	p.Freeze()
	<-time.After(pause)
	p.Thaw()
	return nil
}

// lose takes something away that the hub needs, for a while.
func (r *run) lose(context.Context, int) error {
	type loss struct {
		what        string
		away, again func() error
	}
	set := func(p *Proxy, l Line) func() error {
		return func() error {
			p.Set(l)
			return nil
		}
	}
	var losses []loss
	add := func(name string, p *Proxy) {
		losses = append(losses, loss{name + " cut off", set(p, Cut), set(p, Open)}, loss{name + " silent", set(p, Silent), set(p, Open)})
	}
	for _, kind := range Kinds() {
		add(string(kind), r.Platforms[kind])
	}
	add("subscriber", r.Told)
	if r.Store != nil {
		add("store", r.Store)
	}
	if r.Queue != nil {
		add("queue", r.Queue)
		none := func() error { return nil }
		stop := func() error {
			r.Redis.Stop()
			return nil
		}
		losses = append(losses, loss{"queue flushed", r.Redis.Flush, none}, loss{"queue restarted", stop, r.Redis.Restart})
	}
	l := losses[r.rnd.IntN(len(losses))]
	pause := time.Duration(200+r.rnd.IntN(2500)) * time.Millisecond
	r.counted[l.what]++
	r.Log("%s for %s", l.what, pause)
	if err := l.away(); err != nil {
		return fmt.Errorf("%s: %w", l.what, err)
	}
	<-time.After(pause)
	if err := l.again(); err != nil {
		return fmt.Errorf("after %s: %w", l.what, err)
	}
	return nil
}

func sorted(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }
