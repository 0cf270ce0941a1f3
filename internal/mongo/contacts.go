package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"threadhub/threads"
)

// identityRow is a document of the collection identities.
type identityRow struct {
	ID      string            `bson:"_id"` // channel and peer
	Contact threads.ContactID `bson:"contact"`
}

// contactRow is a document of the collection contacts.
type contactRow struct {
	ID  string          `bson:"_id"`
	Doc threads.Contact `bson:"doc"`
	// OptedOut repeats the id of a contact who does not want something, for an
	// index of those alone.
	OptedOut string `bson:"opted_out,omitempty"`
}

func newContactRow(c threads.Contact) contactRow {
	r := contactRow{ID: string(c.ID), Doc: c}
	if c.OptedOut() {
		r.OptedOut = r.ID
	}
	return r
}

// Owners is threads.Store.Owners: one find.
func (s *Store) Owners(ctx context.Context, ids []threads.Identity) (map[threads.Identity]threads.ContactID, error) {
	owners := make(map[threads.Identity]threads.ContactID, len(ids))
	if len(ids) == 0 {
		return owners, nil
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = identityKey(id)
	}
	rows, err := find[identityRow](ctx, s.identities, in("_id", keys))
	if err != nil {
		return nil, fmt.Errorf("mongo: owners: %w", err)
	}
	byKey := make(map[string]threads.ContactID, len(rows))
	for _, r := range rows {
		byKey[r.ID] = r.Contact
	}
	for i, id := range ids {
		if owner, ok := byKey[keys[i]]; ok {
			owners[id] = owner
		}
	}
	return owners, nil
}

// Claim is threads.Store.Claim. The contact is stored before its identities,
// so that no identity ever leads to a contact that is not there.
func (s *Store) Claim(ctx context.Context, c threads.Contact) (map[threads.Identity]threads.ContactID, error) {
	_, err := s.contacts.InsertOne(ctx, newContactRow(c))
	isNew := err == nil
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return nil, fmt.Errorf("mongo: claim: %w", err)
	}
	rows := make([]identityRow, len(c.Identities))
	for i, id := range c.Identities {
		rows[i] = identityRow{ID: identityKey(id), Contact: c.ID}
	}
	if len(rows) > 0 {
		_, err = s.identities.InsertMany(ctx, rows, options.InsertMany().SetOrdered(false))
		if err == nil {
			return allOwned(c), nil
		}
		if err := exceptDuplicates(err); err != nil {
			return nil, fmt.Errorf("mongo: claim: %w", err)
		}
	}
	owners, err := s.Owners(ctx, c.Identities)
	if err != nil {
		return nil, err
	}
	if isNew {
		if err := s.dropIfAlone(ctx, c, owners); err != nil {
			return nil, fmt.Errorf("mongo: claim: %w", err)
		}
	}
	return owners, nil
}

// allOwned says that every identity of the contact is theirs.
func allOwned(c threads.Contact) map[threads.Identity]threads.ContactID {
	owners := make(map[threads.Identity]threads.ContactID, len(c.Identities))
	for _, id := range c.Identities {
		owners[id] = c.ID
	}
	return owners
}

// dropIfAlone removes a contact that was just stored and lost all of its
// identities to others: nobody could ever write to it, and a first message
// that many workers handle at once would leave one for each.
func (s *Store) dropIfAlone(ctx context.Context, c threads.Contact, owners map[threads.Identity]threads.ContactID) error {
	if len(owners) == 0 {
		return nil
	}
	for _, owner := range owners {
		if owner == c.ID {
			return nil
		}
	}
	_, err := s.contacts.DeleteOne(ctx, versioned(string(c.ID), c.Version))
	return err
}

// Contact is threads.Store.Contact.
func (s *Store) Contact(ctx context.Context, id threads.ContactID) (threads.Contact, error) {
	var r row[threads.Contact]
	err := s.contacts.FindOne(ctx, by("_id", id)).Decode(&r)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return r.Doc, fmt.Errorf("mongo: contact %s: %w", id, threads.ErrNotFound)
	}
	if err != nil {
		return r.Doc, fmt.Errorf("mongo: contact: %w", err)
	}
	return r.Doc, nil
}

// SaveContact is threads.Store.SaveContact.
func (s *Store) SaveContact(ctx context.Context, c threads.Contact) error {
	update := set(by("doc", c))
	if out := newContactRow(c).OptedOut; out != "" {
		update = set(bson.D{{Key: "doc", Value: c}, {Key: "opted_out", Value: out}})
	} else {
		update = append(update, op("$unset", by("opted_out", ""))...)
	}
	res, err := s.contacts.UpdateOne(ctx, versioned(string(c.ID), c.Version-1), update)
	if err != nil {
		return fmt.Errorf("mongo: save contact: %w", err)
	}
	if res.MatchedCount == 0 {
		return fmt.Errorf("mongo: save contact %s: %w", c.ID, threads.ErrConflict)
	}
	return nil
}

// versioned matches a record only while it has the version.
func versioned(id string, version int64) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "doc.version", Value: version}}
}
