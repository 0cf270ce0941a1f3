package workers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"threadhub/connectors"
	"threadhub/internal/channels"
	"threadhub/internal/crashpoint"
	"threadhub/internal/journal"
	"threadhub/internal/queue"
	"threadhub/internal/tracing"
	"threadhub/normalize"
	"threadhub/threads"
)

// Ingester works events into conversations (threads.Service).
type Ingester interface {
	Ingest(ctx context.Context, arrivals []threads.Arrival) []error
}

// Channels opens registered channels.
type Channels interface {
	Open(ctx context.Context, id threads.ChannelID) (*channels.Opened, error)
	Suspend(ctx context.Context, id threads.ChannelID, detail string) error
}

// Inbound turns journal entries into messages of conversations.
type Inbound struct {
	Journal  journal.Store
	Channels Channels
	Threads  Ingester
	// Follow is given the calls that belong to incoming events (a button's
	// acknowledgement); it must not block.
	Follow func(ch *channels.Opened, call *connectors.Call)
	// Rush tells whether accepting webhooks needs the machine right now; nil
	// where webhooks are accepted by other processes.
	Rush    func() bool
	Owner   string // names this process in leases
	Now     func() time.Time
	Logger  *slog.Logger
	Metrics *Metrics
	// Trace records how webhooks are worked; nil records nothing.
	Trace *tracing.Tracer

	drain drain
	// upTo is the receive time up to which the latest batch went: whatever is
	// pending was received after it. One fetch at a time sees it.
	upTo   time.Time
	crowds crowds
}

const (
	// inboundYield is how long webhooks wait to be worked in while many more are
	// coming: a platform that is not answered gives up after seconds, and the
	// backlog is cheaper to work in large batches.
	inboundYield = 3 * time.Second
	// inboundBatch is how many webhooks are worked together: their
	// conversations are loaded and committed in one go.
	inboundBatch = 2048
	// batchEvery is the shortest pause between the beginnings of two batches
	// that are not full.
	batchEvery = 25 * time.Millisecond
	// maxAttempts is how often an entry fails by itself before it is
	// quarantined; with the pauses below that is about ten minutes.
	maxAttempts = 10
)

// Drain works through the journal until nothing is pending. When ctx ends, or
// the queue shuts down, it finishes the batches in hand: one that is left would
// wait until its lease runs out.
//
// It is a pipeline of three: while one batch is threaded, the next is claimed
// and parsed, and the one before is noted as done. Beside it goes the express.
func (w *Inbound) Drain(ctx context.Context) error {
	return w.drain.run(ctx, func(ctx context.Context) error {
		work := context.WithoutCancel(ctx)
		var noted pending
		stop := make(chan struct{})
		var beside sync.WaitGroup
		beside.Go(func() { w.express(work, stop) })
		err := w.pipeline(ctx, work, &noted)
		close(stop)
		beside.Wait()
		if err = errors.Join(err, noted.wait()); err != nil {
			return fmt.Errorf("work the journal: %w", err)
		}
		return nil
	})
}

func (w *Inbound) pipeline(ctx, work context.Context, noted *pending) error {
	next := w.fetch(work, time.Time{})
	for {
		b := <-next
		if b.err != nil || len(b.work) == 0 {
			return b.err
		}
		stop := ctx.Err() != nil || queue.Draining(ctx)
		if !stop {
			pause := time.Time{}
			if !b.full {
				pause = b.began.Add(batchEvery)
			}
			next = w.fetch(work, pause)
		}
		w.thread(work, b.work)
		crashpoint.At(crashpoint.Threaded)
		if err := noted.wait(); err != nil {
			if !stop {
				<-next // claimed again when its lease is over; one fetch at a time
			}
			return err
		}
		noted.start(func() error { return w.note(work, b.work) })
		if stop {
			return nil
		}
	}
}

// pending is at most one thing that goes on in the background.
type pending struct{ done chan error }

func (p *pending) start(fn func() error) {
	p.done = make(chan error, 1)
	go func() { p.done <- fn() }()
}

// begun tells whether nobody has waited yet for what was started.
func (p *pending) begun() bool { return p.done != nil }

// wait answers the error of what goes on, once.
func (p *pending) wait() error {
	if p.done == nil {
		return nil
	}
	err := <-p.done
	p.done = nil
	return err
}

// fetched is a batch that was claimed and parsed.
type fetched struct {
	work  []*opened
	began time.Time
	full  bool // there may be more
	err   error
}

// fetch claims and parses a batch in the background, not before the given
// time: webhooks come together meanwhile, and a commit costs as much for one as
// for twenty. Whoever comes to an idle hub never waits. While accepting
// webhooks needs the machine, it waits longer.
func (w *Inbound) fetch(ctx context.Context, notBefore time.Time) <-chan fetched {
	out := make(chan fetched, 1)
	go func() {
		time.Sleep(time.Until(notBefore))
		for w.Rush != nil && w.Rush() && w.Now().Sub(w.upTo) < inboundYield {
			time.Sleep(batchEvery)
		}
		b := fetched{began: time.Now()}
		for len(b.work) == 0 {
			entries, err := w.Journal.Claim(ctx, w.Owner, w.now(), lease, inboundBatch)
			if b.err = err; len(entries) == 0 {
				break
			}
			crashpoint.At(crashpoint.Claimed)
			w.upTo = entries[len(entries)-1].ReceivedAt
			b.full = len(entries) == inboundBatch
			crowding, others := w.crowds.split(entries)
			w.workAtOnce(ctx, others)
			b.work = w.openAll(ctx, crowding)
		}
		out <- b
	}()
	return out
}

func (w *Inbound) now() time.Time { return w.Now().UTC().Truncate(time.Millisecond) }

// thread ingests a batch. A panic is some entry's fault: then each is done by
// itself, so that only that one is held back.
func (w *Inbound) thread(ctx context.Context, batch []*opened) {
	p := w.ingest(ctx, batch)
	if p == nil {
		return
	}
	w.Logger.ErrorContext(ctx, "threading a batch panicked, its webhooks are done one by one", "panic", fmt.Sprintf("%T", p))
	for i := range batch {
		batch[i] = w.open(ctx, batch[i].entry)
		if p := w.ingest(ctx, batch[i:i+1]); p != nil {
			batch[i].hold("panic", masked(batch[i].channel, fmt.Sprint(p)), nil, w.now())
		}
	}
}

// note records what became of a batch.
func (w *Inbound) note(ctx context.Context, batch []*opened) error {
	results := make([]journal.Result, len(batch))
	var items []journal.Item
	for i, o := range batch {
		results[i], items = o.result, append(items, o.items...)
		o.span.End(o.failure())
	}
	if len(items) > 0 {
		if err := w.Journal.Quarantine(ctx, items); err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
		w.Metrics.Quarantined.Add(float64(len(items)))
	}
	if err := w.Journal.Finish(ctx, results); err != nil {
		return fmt.Errorf("finish entries: %w", err)
	}
	crashpoint.At(crashpoint.Noted)
	return nil
}

// opened is an entry being worked.
type opened struct {
	entry   journal.Entry
	channel *channels.Opened
	events  []normalize.Event
	result  journal.Result
	items   []journal.Item
	trace   string // of the step that works it
	span    tracing.Span
}

// open parses an entry.
func (w *Inbound) open(ctx context.Context, e journal.Entry) *opened {
	o := &opened{entry: e, result: journal.Result{ID: e.ID, State: journal.Done}}
	ch, err := w.Channels.Open(ctx, threads.ChannelID(e.ChannelID))
	switch {
	case errors.Is(err, threads.ErrNotFound):
		o.hold("channel", "the channel was deleted", nil, w.now())
		return o
	case err != nil:
		w.again(o, err)
		return o
	}
	o.channel = ch
	events, err := parse(ch, e)
	if err != nil {
		o.hold("malformed", masked(ch, err.Error()), nil, w.now())
		return o
	}
	o.events, o.result.Events = events, len(events)
	w.begin(ctx, o)
	return o
}

func (w *Inbound) openAll(ctx context.Context, entries []journal.Entry) []*opened {
	batch := make([]*opened, len(entries))
	for i, e := range entries {
		batch[i] = w.open(ctx, e)
	}
	return batch
}

// begin begins the step of the webhook's trace that works it in, from when it
// was accepted on.
func (w *Inbound) begin(ctx context.Context, o *opened) {
	text := o.entry.Header[journal.TraceHeader]
	if w.Trace == nil || text == "" {
		return
	}
	ctx, o.span = w.Trace.Since(w.Trace.From(ctx, text), o.entry.ReceivedAt, "thread",
		"threadhub.channel", o.entry.ChannelID, "threadhub.kind", o.channel.Kind, "threadhub.event", o.entry.ID)
	o.trace = w.Trace.Carry(ctx)
}

// failure is why an entry was not worked in, for its trace.
func (o *opened) failure() string {
	if o.result.State == journal.Done {
		return ""
	}
	return string(o.result.State)
}

func parse(c *channels.Opened, e journal.Entry) (events []normalize.Event, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("connector panicked: %v", p)
		}
	}()
	req := &connectors.Request{Method: e.Method, URL: e.URL, Header: http.Header{}, Body: e.Body}
	for name, value := range e.Header {
		req.Header.Set(name, value)
	}
	if u, err := url.Parse(e.URL); err == nil {
		req.Query = u.Query()
	}
	return c.Parse(req)
}

// masked takes a channel's secrets out of what is told of its webhooks.
func masked(ch *channels.Opened, text string) string {
	if ch == nil {
		return "the channel could not be opened"
	}
	return ch.Target.Redactor.String(text)
}

// hold quarantines the entry, or one event of it.
func (o *opened) hold(kind, reason string, ev *normalize.Event, now time.Time) {
	o.result.State, o.result.Reason = journal.Quarantined, reason
	item := journal.Item{
		ID: o.entry.ID + "/" + strconv.Itoa(len(o.items)), EntryID: o.entry.ID, ChannelID: o.entry.ChannelID,
		Kind: kind, Reason: reason, At: now,
	}
	if ev != nil {
		// An event is plain data; one that cannot be encoded is kept without.
		item.Event, _ = json.Marshal(ev)
	}
	o.items = append(o.items, item)
}

// again leaves the entry for another try, and gives up on it after a while.
func (w *Inbound) again(o *opened, err error) {
	if o.entry.Attempts+1 >= maxAttempts {
		o.hold("failed", err.Error(), nil, w.now())
		return
	}
	pause := min(time.Second<<o.entry.Attempts, 2*time.Minute)
	o.result.State, o.result.Reason, o.result.RetryAt = journal.Pending, err.Error(), w.now().Add(pause)
	w.Logger.Warn("a webhook could not be worked in, it will be tried again", "entry", o.entry.ID, "channel", o.entry.ChannelID, "error", err)
}

// ingest threads the events of the entries and notes how it went. It answers a
// panic's value.
func (w *Inbound) ingest(ctx context.Context, batch []*opened) (panicked any) {
	defer func() {
		if p := recover(); p != nil {
			panicked = p
		}
	}()
	n := 0
	for _, o := range batch {
		n += len(o.events)
	}
	arrivals, from := make([]threads.Arrival, 0, n), make([]*opened, 0, n)
	for _, o := range batch {
		for i := range o.events {
			if !w.concerns(o, &o.events[i]) {
				continue
			}
			arrivals = append(arrivals, threads.Arrival{
				Channel: threads.ChannelID(o.entry.ChannelID), Event: o.events[i], ReceivedAt: o.entry.ReceivedAt, Trace: o.trace,
			})
			from = append(from, o)
		}
	}
	errs, panicked := ingestAll(ctx, w.Threads, arrivals)
	if panicked != nil {
		return panicked
	}
	for i, err := range errs {
		o, ev := from[i], &arrivals[i].Event
		if err != nil {
			w.again(o, err)
			continue
		}
		w.Metrics.worked(ev, w.now().Sub(o.entry.ReceivedAt))
		if f, ok := o.channel.Connector.(connectors.Follower); ok {
			if call := f.Follow(ev); call != nil {
				w.Follow(o.channel, call)
			}
		}
	}
	return nil
}

// concerns tells whether the event is to be threaded, and keeps those that
// nobody can thread.
func (w *Inbound) concerns(o *opened, ev *normalize.Event) bool {
	if own, ok := o.channel.Connector.(connectors.Accounted); ok && ev.Account != "" && ev.Account != own.Account() {
		if !slices.Contains(o.entry.Elsewhere, journal.AllOthers) && !slices.Contains(o.entry.Elsewhere, ev.Account) {
			o.hold("account", "no channel is registered for the platform's account "+ev.Account, ev, w.now())
		}
		return false
	}
	if ev.Type == normalize.EventNoted {
		return false
	}
	if ev.Type == normalize.EventUnknown {
		o.hold("unknown", cmp.Or(ev.Unknown.Reason, "the hub knows no use for "+ev.Unknown.Kind), ev, w.now())
		return false
	}
	return true
}
