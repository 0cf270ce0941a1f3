package sqlite

import (
	"context"
	"fmt"
	"time"

	"threadhub/threads"
	"threadhub/workers"
)

const (
	sqlAddDelivery = `INSERT INTO deliveries (message_seq, channel_id, contact_id, created_at, not_before, scheduled, bulk, doc)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	sqlDelivery     = "SELECT doc FROM deliveries WHERE message_seq = ?"
	sqlKeepDelivery = "UPDATE deliveries SET not_before = ?, doc = ? WHERE message_seq = ?"
	sqlDropDelivery = "DELETE FROM deliveries WHERE message_seq = ?"
)

// add puts the delivery into the outbox. Its message is written.
func (o *outgoing) add(t *tx) error {
	d := o.delivery
	_, err := t.exec(sqlAddDelivery, o.seq, string(d.ChannelID), string(d.ContactID), millis(d.CreatedAt), millis(d.NotBefore),
		flag(d.Scheduled), flag(d.Bulk), o.doc)
	if err == nil && d.InFlight {
		_, err = t.exec(sqlInFlight, flag(true), o.seq, o.message.Version)
	}
	return err
}

// ClaimDeliveries implements [workers.Outbox]. A delivery that was in flight
// when an earlier process ended is answered with InFlight set.
func (s *Store) ClaimDeliveries(ctx context.Context, owner string, now time.Time, lease time.Duration, room workers.Room) ([]threads.Delivery, error) {
	if err := s.read.usable(ctx); err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	found := s.lanes.claim(owner, millis(now), millis(now.Add(lease)), room)
	list, err := s.deliveries(ctx, found)
	if err != nil {
		s.lanes.release(owner, found)
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return list, nil
}

// deliveries answers what was claimed, without those that somebody who had
// lost his lease has settled meanwhile.
func (s *Store) deliveries(ctx context.Context, found []claimed) ([]threads.Delivery, error) {
	list := make([]threads.Delivery, 0, len(found))
	var missing []claimed
	for _, f := range found {
		if f.copy == nil {
			missing = append(missing, f)
		}
	}
	read, err := s.readDeliveries(ctx, missing)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		d, ok := read[f.seq]
		if f.copy != nil {
			d, ok = deliveryOf(f.copy), true
		}
		if ok {
			d.InFlight = f.inFlight
			list = append(list, d)
		}
	}
	return list, nil
}

func (s *Store) readDeliveries(ctx context.Context, list []claimed) (map[int64]threads.Delivery, error) {
	if len(list) == 0 {
		return nil, nil
	}
	read := make(map[int64]threads.Delivery, len(list))
	err := s.read.with(ctx, func(c *conn) error {
		for _, f := range list {
			if err := c.query(sqlDelivery, func(r row) (err error) {
				read[f.seq], err = decode[threads.Delivery](r.text(0))
				return err
			}, f.seq); err != nil {
				return err
			}
		}
		return nil
	})
	return read, err
}

// BeginCalls implements [workers.Outbox]. That a delivery is in flight is told
// by its message's row, which changes anyway.
func (s *Store) BeginCalls(ctx context.Context, ids []threads.MessageID) ([]threads.Message, error) {
	list := make([]news, len(ids))
	for i, id := range ids {
		list[i] = news{id: id, patch: threads.MessagePatch{Status: threads.MessageSending}, inFlight: true}
	}
	if err := s.guess(list); err != nil {
		return nil, fmt.Errorf("begin calls: %w", err)
	}
	err := s.write.doThen(ctx, func(t *tx) error { return writeNews(t, list) }, func() { s.lanes.begun(list) })
	if err != nil {
		return nil, fmt.Errorf("begin calls: %w", err)
	}
	return messagesOf(list), nil
}

// SettleCalls implements [workers.Outbox]. A delivery that is gone already is
// not made again.
func (s *Store) SettleCalls(ctx context.Context, results []workers.DeliveryResult) ([]threads.Message, error) {
	list := make([]news, len(results))
	docs := make([]string, len(results))
	for i, r := range results {
		list[i] = news{id: r.Delivery.MessageID, patch: r.Message, inFlight: r.Again && r.Delivery.InFlight}
		if !r.Again {
			continue
		}
		var err error
		if docs[i], err = encode(&r.Delivery); err != nil {
			return nil, fmt.Errorf("settle calls: %w", err)
		}
	}
	if err := s.guess(list); err != nil {
		return nil, fmt.Errorf("settle calls: %w", err)
	}
	err := s.write.doThen(ctx, func(t *tx) error {
		for i := range results {
			if err := settleDelivery(t, list[i].seq, &results[i], docs[i]); err != nil {
				return err
			}
		}
		return writeNews(t, list)
	}, func() { s.lanes.settled(results, docs, list) })
	if err != nil {
		return nil, fmt.Errorf("settle calls: %w", err)
	}
	return messagesOf(list), nil
}

// settleDelivery removes the delivery, or keeps it for another try. One that
// memory did not have (seq 0) is gone.
func settleDelivery(t *tx, seq int64, r *workers.DeliveryResult, doc string) (err error) {
	switch {
	case seq == 0:
	case r.Again:
		_, err = t.exec(sqlKeepDelivery, millis(r.Delivery.NotBefore), doc, seq)
	default:
		_, err = t.exec(sqlDropDelivery, seq)
	}
	return err
}

// Extend implements [workers.Outbox]. Leases that have gone to somebody else
// stay theirs.
func (s *Store) Extend(ctx context.Context, owner string, ids []threads.MessageID, until time.Time) error {
	if err := s.read.usable(ctx); err != nil {
		return fmt.Errorf("extend leases: %w", err)
	}
	s.lanes.extend(owner, ids, millis(until))
	return nil
}

// NextDelivery implements [workers.Outbox].
func (s *Store) NextDelivery(ctx context.Context) (time.Time, error) {
	if err := s.read.usable(ctx); err != nil {
		return time.Time{}, fmt.Errorf("next delivery: %w", err)
	}
	return s.lanes.next(), nil
}

// DeliveryBacklog implements [workers.Outbox].
func (s *Store) DeliveryBacklog(ctx context.Context) (int, error) {
	if err := s.read.usable(ctx); err != nil {
		return 0, fmt.Errorf("count deliveries: %w", err)
	}
	return s.lanes.backlog(), nil
}
