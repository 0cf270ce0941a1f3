// Package storetest is the one behaviour every store has, as tests: whatever
// keeps the hub's data passes [Run], and the rest of the hub relies on nothing
// beyond it. Where an interface leaves an order or a boundary open, the suite
// fixes it here.
package storetest

import (
	"context"
	"testing"

	"threadhub/internal/directory"
	"threadhub/internal/idempotency"
	"threadhub/internal/journal"
	"threadhub/internal/spool"
	"threadhub/threads"
	"threadhub/workers"
)

// Store is everything the hub asks of a database. The journal has a method of
// its own because its Claim and that of threads.Store share a name.
type Store interface {
	threads.Store
	workers.Outbox
	directory.Store
	idempotency.Store
	spool.Store
	Journal() journal.Store
}

// Options say what the store under test is able to do.
type Options struct {
	// Concurrent runs the concurrent part too. Leave it out only for a test
	// double whose single operations are not atomic.
	Concurrent bool
	// Unsettled says that the store records which commits were announced
	// (see threads.Store.Settle). Without it Unsettled always answers none.
	Unsettled bool
}

// Open makes a fresh, empty store. It registers its own closing with t.Cleanup.
type Open func(t *testing.T) Store

// test is one case of the suite: its name is what the store does.
type test struct {
	name string
	run  func(t *testing.T, f *fixture)
}

// Run holds the stores that open makes to the suite, each case on a store of
// its own.
func Run(t *testing.T, open Open, opts Options) {
	t.Helper()
	groups := []struct {
		name  string
		tests []test
	}{
		{"contacts", contactTests},
		{"conversations", conversationTests},
		{"messages", messageTests},
		{"message pages", messagePageTests},
		{"countdowns", dueTests},
		{"silence", silenceTests},
		{"rules", ruleTests},
		{"routing", routingTests},
		{"parked events", parkedTests},
		{"announcements", announcementTests(opts)},
		{"lists", listTests},
		{"filters", filterTests},
		{"literal text", literalTests},
		{"figures", figuresTests},
		{"outbox", outboxTests},
		{"outbox calls", callTests},
		{"outbox turns and dead letters", deadLetterTests},
		{"journal", journalTests},
		{"journal leases", journalLeaseTests},
		{"directory", directoryTests},
		{"idempotency", idempotencyTests},
		{"spool", spoolTests},
		{"erasure", eraseTests},
		{"redaction", redactTests},
		{"retention", retentionTests},
		{"retention of the journal", trimTests},
		{"model", modelTests},
	}
	if opts.Concurrent {
		groups = append(groups, struct {
			name  string
			tests []test
		}{"concurrent", append(concurrentTests, concurrentRoutingTests...)})
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			for _, c := range g.tests {
				t.Run(c.name, func(t *testing.T) {
					c.run(t, newFixture(t, open(t)))
				})
			}
		})
	}
}

// newFixture wraps a store for one case.
func newFixture(t *testing.T, s Store) *fixture {
	t.Helper()
	return &fixture{t: t, s: s, ctx: context.WithoutCancel(t.Context())}
}
