package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"threadhub/threads"
	"threadhub/workers"
)

const (
	sqlLaneHead    = "SELECT message_id, in_flight FROM deliveries WHERE channel_id = ? AND contact_id = ? AND head = 1"
	sqlUnhead      = "UPDATE deliveries SET head = 0 WHERE message_id = ?"
	sqlAddDelivery = `INSERT INTO deliveries (message_id, channel_id, contact_id, created_at, not_before, in_flight, head, doc)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

	sqlHeads = `SELECT message_id, channel_id, contact_id FROM deliveries INDEXED BY deliveries_next
 WHERE head = 1 AND not_before <= ? AND channel_id NOT IN (SELECT value FROM json_each(?))
 ORDER BY created_at, message_id`
	sqlDelivery = "SELECT doc, in_flight FROM deliveries WHERE message_id = ?"

	sqlInFlight     = "UPDATE deliveries SET in_flight = 1 WHERE message_id = ?"
	sqlKeepDelivery = "UPDATE deliveries SET not_before = ?, in_flight = ?, doc = ? WHERE message_id = ?"
	sqlDropDelivery = "DELETE FROM deliveries WHERE message_id = ?"
	sqlPlace        = "SELECT head, channel_id, contact_id FROM deliveries WHERE message_id = ?"
	sqlNewHead      = `UPDATE deliveries SET head = 1 WHERE message_id =
 (SELECT min(message_id) FROM deliveries WHERE channel_id = ? AND contact_id = ?)`

	sqlNextDelivery    = "SELECT min(not_before) FROM deliveries"
	sqlDeliveryBacklog = "SELECT count(*) FROM deliveries"
)

// addDelivery puts a delivery into its lane. Deliveries are usually added in
// order; one that is late by its id goes before the head all the same, unless
// the head is on its way already.
func addDelivery(t *tx, d *threads.Delivery, doc string) error {
	var head string
	var gone bool
	if err := t.query(sqlLaneHead, func(r row) error {
		head, gone = r.text(0), r.number(1) == 1
		return nil
	}, string(d.ChannelID), string(d.ContactID)); err != nil {
		return err
	}
	first := head == "" || (string(d.MessageID) < head && !gone)
	if first && head != "" {
		if _, err := t.exec(sqlUnhead, head); err != nil {
			return err
		}
	}
	_, err := t.exec(sqlAddDelivery, string(d.MessageID), string(d.ChannelID), string(d.ContactID),
		millis(d.CreatedAt), millis(d.NotBefore), flag(d.InFlight), flag(first), doc)
	return err
}

// ClaimDeliveries implements [workers.Outbox]. A delivery that was in flight
// when an earlier process ended is answered with InFlight set.
func (s *Store) ClaimDeliveries(ctx context.Context, owner string, now time.Time, lease time.Duration, limit int, paused []threads.ChannelID) ([]threads.Delivery, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	var list []threads.Delivery
	s.lanes.mu.Lock()
	defer s.lanes.mu.Unlock()
	err := s.read.with(ctx, func(c *conn) error {
		heads, err := s.freeHeads(c, now, limit, paused)
		if err != nil {
			return err
		}
		list = make([]threads.Delivery, 0, len(heads))
		for _, id := range heads {
			if err := c.query(sqlDelivery, func(r row) error {
				d, err := decode[threads.Delivery](r.text(0))
				d.InFlight = r.number(1) == 1
				list = append(list, d)
				return err
			}, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	for _, d := range list {
		s.lanes.take(lane{d.ChannelID, d.ContactID}, d.MessageID, owner, now.Add(lease))
	}
	return list, nil
}

// freeHeads answers the due heads of lanes that nobody has, oldest first.
func (s *Store) freeHeads(c *conn, now time.Time, limit int, paused []threads.ChannelID) ([]string, error) {
	if paused == nil {
		paused = []threads.ChannelID{}
	}
	without, err := encode(paused)
	if err != nil {
		return nil, err
	}
	var heads []string
	err = c.query(sqlHeads, func(r row) error {
		if s.lanes.leased(lane{threads.ChannelID(r.text(1)), threads.ContactID(r.text(2))}, now) {
			return nil
		}
		heads = append(heads, r.text(0))
		if len(heads) == limit {
			return errEnough
		}
		return nil
	}, millis(now), without)
	return heads, err
}

// BeginCalls implements [workers.Outbox].
func (s *Store) BeginCalls(ctx context.Context, ids []threads.MessageID) ([]threads.Message, error) {
	var list []threads.Message
	err := s.write.do(ctx, func(t *tx) error {
		list = make([]threads.Message, 0, len(ids))
		for _, id := range ids {
			if _, err := t.exec(sqlInFlight, string(id)); err != nil {
				return err
			}
			m, err := advance(t, id, threads.MessagePatch{Status: threads.MessageSending})
			if errors.Is(err, threads.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			list = append(list, m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("begin calls: %w", err)
	}
	return list, nil
}

// SettleCalls implements [workers.Outbox]. A delivery that is gone already is
// not made again.
func (s *Store) SettleCalls(ctx context.Context, results []workers.DeliveryResult) ([]threads.Message, error) {
	var list []threads.Message
	ids := make([]threads.MessageID, len(results))
	for i, r := range results {
		ids[i] = r.Delivery.MessageID
	}
	err := s.write.do(ctx, func(t *tx) error {
		list = make([]threads.Message, 0, len(results))
		for i := range results {
			if err := settleDelivery(t, &results[i]); err != nil {
				return err
			}
			m, err := advance(t, results[i].Delivery.MessageID, results[i].Message)
			if errors.Is(err, threads.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			list = append(list, m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("settle calls: %w", err)
	}
	s.lanes.free(ids)
	return list, nil
}

// settleDelivery removes the delivery, or keeps it for another try.
func settleDelivery(t *tx, r *workers.DeliveryResult) error {
	d := &r.Delivery
	if r.Again {
		doc, err := encode(d)
		if err != nil {
			return err
		}
		_, err = t.exec(sqlKeepDelivery, millis(d.NotBefore), flag(d.InFlight), doc, string(d.MessageID))
		return err
	}
	var head bool
	var channel, contact string
	if err := t.query(sqlPlace, func(r row) error {
		head, channel, contact = r.number(0) == 1, r.text(1), r.text(2)
		return nil
	}, string(d.MessageID)); err != nil {
		return err
	}
	if _, err := t.exec(sqlDropDelivery, string(d.MessageID)); err != nil || !head {
		return err
	}
	_, err := t.exec(sqlNewHead, channel, contact)
	return err
}

// advance applies the patch to the stored message and answers it as it is then.
func advance(t *tx, id threads.MessageID, p threads.MessagePatch) (threads.Message, error) {
	var m threads.Message
	found := false
	err := t.query(sqlMessage, func(r row) (err error) {
		m, err = decode[threads.Message](r.text(0))
		found = true
		return err
	}, string(id))
	if err == nil && !found {
		err = threads.ErrNotFound
	}
	if err != nil || !m.Advance(p) {
		return m, err
	}
	m.Version++
	doc, err := encode(&m)
	if err != nil {
		return m, err
	}
	return m, saveMessage(t, &m, doc)
}

// Extend implements [workers.Outbox]. Leases that have gone to somebody else
// stay theirs.
func (s *Store) Extend(ctx context.Context, owner string, ids []threads.MessageID, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("extend leases: %w", err)
	}
	s.lanes.extend(owner, ids, until)
	return nil
}

// NextDelivery implements [workers.Outbox].
func (s *Store) NextDelivery(ctx context.Context) (time.Time, error) {
	return readTime(ctx, s.read, "next delivery", sqlNextDelivery)
}

// DeliveryBacklog implements [workers.Outbox].
func (s *Store) DeliveryBacklog(ctx context.Context) (int, error) {
	n, err := readNumber(ctx, s.read, "count deliveries", sqlDeliveryBacklog)
	return int(n), err
}
