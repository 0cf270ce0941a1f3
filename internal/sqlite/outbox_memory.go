package sqlite

import (
	"fmt"

	"threadhub/threads"
	"threadhub/workers"
)

// What is in flight is told by the messages, see BeginCalls.
const sqlWaiting = `SELECT m.id, d.channel_id, d.contact_id, d.created_at, d.not_before, m.in_flight, m.seq, d.scheduled, d.bulk
 FROM deliveries d JOIN messages m ON m.seq = d.message_seq`

// load reads the outbox of an earlier process.
func (o *lanes) load(c *conn) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	err := c.query(sqlWaiting, func(r row) error {
		w := &waiting{
			id: threads.MessageID(r.text(0)), seq: r.number(6),
			createdAt: r.number(3), notBefore: r.number(4), inFlight: r.number(5) == 1,
			scheduled: r.number(7) == 1, bulk: r.number(8) == 1,
		}
		o.add(w, threads.ChannelID(r.text(1)), threads.ContactID(r.text(2)))
		return nil
	})
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	return nil
}

// committed adds the deliveries of a change that is committed, with copies of
// them and of their messages.
func (o *lanes) committed(c *encodedChange) {
	if len(c.Deliveries) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range c.deliveries {
		out := &c.deliveries[i]
		d, m := deliveryOf(out.delivery), messageOf(out.message)
		w := &waiting{
			id: d.MessageID, seq: out.seq,
			createdAt: millis(d.CreatedAt), notBefore: millis(d.NotBefore), inFlight: d.InFlight,
			scheduled: d.Scheduled, bulk: d.Bulk,
		}
		o.add(w, d.ChannelID, d.ContactID)
		o.kept.put(w, copies{delivery: &d, message: &m, deliverySize: len(out.doc), messageSize: len(out.messageDoc)})
	}
}

// begun marks the deliveries of the messages in flight.
func (o *lanes) begun(list []news) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range list {
		n := &list[i]
		w, ok := o.byID[n.id]
		if !ok || n.is == nil {
			continue
		}
		w.setInFlight(true)
		o.arrange(w.lane)
		o.kept.put(w, w.copiesWith(n))
	}
}

// settled removes the deliveries that have ended and sets the others back.
// Their lanes are free.
func (o *lanes) settled(results []workers.DeliveryResult, docs []string, list []news) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range results {
		r := &results[i]
		w, ok := o.byID[r.Delivery.MessageID]
		if !ok {
			continue
		}
		w.free()
		if r.Again {
			o.again(w, r, docs[i], &list[i])
		} else {
			o.remove(w)
		}
		o.arrange(w.lane)
	}
}

// again sets a delivery back for another try.
func (o *lanes) again(w *waiting, r *workers.DeliveryResult, doc string, n *news) {
	w.notBefore = millis(r.Delivery.NotBefore)
	o.times.fix(w)
	if n.is != nil {
		w.setInFlight(n.inFlight)
	}
	d := deliveryOf(&r.Delivery)
	now := w.copiesWith(n)
	now.delivery, now.deliverySize = &d, len(doc)
	o.kept.put(w, now)
}

// copiesWith are the delivery's copies after news of its message.
func (w *waiting) copiesWith(n *news) copies {
	var c copies
	if w.copies != nil {
		c = w.copies.copies
	}
	if n.is != nil && n.is.doc != "" {
		m := n.is.message
		c.message, c.messageSize = &m, len(n.is.doc)
	}
	return c
}
