package sqlite

import (
	"container/list"
	"maps"
	"slices"

	"threadhub/threads"
)

// keptBytes bounds what is kept of deliveries and their messages, by the size
// of their docs.
const keptBytes = 8 << 20

// copies are a delivery and its message as of the commit that wrote them last.
// They are never changed. The rows are the truth: a message may have become
// another since, which shows in its version when it is written.
type copies struct {
	delivery                  *threads.Delivery // nil: not kept
	message                   *threads.Message  // nil: not kept
	deliverySize, messageSize int
}

func (c *copies) size() int { return c.deliverySize + c.messageSize }

// kept holds the copies of what is new in the outbox. On a hub that keeps up
// that is all there is, and delivering reads no rows. The oldest go first when
// there is too much: what waits for long is read again.
type kept struct {
	order list.List // of *waiting, the oldest first
	bytes int
}

// put keeps the copies, in place of those the delivery has.
func (k *kept) put(w *waiting, c copies) {
	k.drop(w)
	if c.size() > keptBytes {
		return
	}
	for k.bytes+c.size() > keptBytes {
		k.drop(k.order.Front().Value.(*waiting))
	}
	k.bytes += c.size()
	w.copies = &keptCopies{copies: c, at: k.order.PushBack(w)}
}

// drop forgets the delivery's copies.
func (k *kept) drop(w *waiting) {
	if w.copies == nil {
		return
	}
	k.bytes -= w.copies.size()
	k.order.Remove(w.copies.at)
	w.copies = nil
}

// keptCopies are copies in their place among all that are kept.
type keptCopies struct {
	copies
	at *list.Element
}

// deliveryOf is a delivery of the receiver's own: it may add to its lists.
func deliveryOf(c *threads.Delivery) threads.Delivery {
	d := *c
	d.To.Aliases, d.Exchanges = slices.Clip(d.To.Aliases), slices.Clip(d.Exchanges)
	d.Context = maps.Clone(d.Context)
	return d
}

// messageOf is a message of the receiver's own: it may add to its lists.
func messageOf(c *threads.Message) threads.Message {
	m := *c
	m.ExternalIDs, m.Losses, m.Reactions = slices.Clip(m.ExternalIDs), slices.Clip(m.Losses), slices.Clip(m.Reactions)
	m.Metadata = maps.Clone(m.Metadata)
	return m
}
