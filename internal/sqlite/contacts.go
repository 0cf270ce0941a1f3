package sqlite

import (
	"context"
	"fmt"

	"threadhub/threads"
)

const (
	sqlOwner       = "SELECT contact_id FROM identities WHERE channel_id = ? AND peer = ?"
	sqlOwn         = "INSERT INTO identities (channel_id, peer, contact_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
	sqlContact     = "SELECT doc FROM contacts WHERE id = ?"
	sqlAddContact  = "INSERT INTO contacts (id, version, opted_out, search, doc) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
	sqlSaveContact = "UPDATE contacts SET version = ?, opted_out = ?, search = ?, doc = ? WHERE id = ? AND version = ?"
)

// Owners implements [threads.Store].
func (s *Store) Owners(ctx context.Context, ids []threads.Identity) (map[threads.Identity]threads.ContactID, error) {
	owners := make(map[threads.Identity]threads.ContactID, len(ids))
	err := s.hot(ctx, func(c *conn) error {
		for _, id := range ids {
			if err := addOwner(c, id, owners); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("owners: %w", err)
	}
	return owners, nil
}

// addOwner adds the owner of the identity, if there is one.
func addOwner(c *conn, id threads.Identity, owners map[threads.Identity]threads.ContactID) error {
	return c.query(sqlOwner, func(r row) error {
		owners[id] = threads.ContactID(r.text(0))
		return nil
	}, string(id.Channel), string(id.Peer))
}

// Claim implements [threads.Store]. A contact that gets none of the identities
// it asks for lost a race for all of them: it is not stored, since nothing
// would ever lead to it.
func (s *Store) Claim(ctx context.Context, c threads.Contact) (map[threads.Identity]threads.ContactID, error) {
	doc, err := encode(c)
	if err != nil {
		return nil, fmt.Errorf("claim identities: %w", err)
	}
	var owners map[threads.Identity]threads.ContactID
	err = s.write.do(ctx, func(t *tx) error {
		owners = make(map[threads.Identity]threads.ContactID, len(c.Identities))
		mine := len(c.Identities) == 0
		for _, id := range c.Identities {
			if _, err := t.exec(sqlOwn, string(id.Channel), string(id.Peer), string(c.ID)); err != nil {
				return err
			}
			if err := addOwner(t.conn, id, owners); err != nil {
				return err
			}
			mine = mine || owners[id] == c.ID
		}
		if !mine {
			return nil
		}
		_, err := t.exec(sqlAddContact, string(c.ID), c.Version, flag(c.OptedOut()), contactSearch(c), doc)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim identities: %w", err)
	}
	return owners, nil
}

// contactSearch is what a search for contacts looks at.
func contactSearch(c threads.Contact) string {
	fields := []string{c.Name, c.Username, c.Phone}
	for _, id := range c.Identities {
		fields = append(fields, string(id.Peer))
	}
	return searchText(fields...)
}

// Contact implements [threads.Store].
func (s *Store) Contact(ctx context.Context, id threads.ContactID) (threads.Contact, error) {
	return readOne[threads.Contact](ctx, s.read, "contact", sqlContact, string(id))
}

// SaveContact implements [threads.Store].
func (s *Store) SaveContact(ctx context.Context, c threads.Contact) error {
	doc, err := encode(c)
	if err != nil {
		return fmt.Errorf("save contact: %w", err)
	}
	err = s.write.do(ctx, func(t *tx) error {
		n, err := t.exec(sqlSaveContact, c.Version, flag(c.OptedOut()), contactSearch(c), doc, string(c.ID), c.Version-1)
		if err == nil && n == 0 {
			return threads.ErrConflict
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save contact: %w", err)
	}
	return nil
}

// readOne answers the record that a query for one doc finds.
func readOne[T any](ctx context.Context, from *readers, what, sql string, args ...any) (T, error) {
	var v T
	err := from.with(ctx, func(c *conn) error {
		found := false
		err := c.query(sql, func(r row) (err error) {
			v, err = decode[T](r.text(0))
			found = true
			return err
		}, args...)
		if err == nil && !found {
			return threads.ErrNotFound
		}
		return err
	})
	if err != nil {
		return v, fmt.Errorf("%s: %w", what, err)
	}
	return v, nil
}
