package sqlite

import (
	"context"
	"fmt"

	"threadhub/internal/directory"
)

const (
	documentColumns = "kind, id, unique_name, version, body"

	sqlDocument       = "SELECT " + documentColumns + " FROM documents WHERE kind = ? AND id = ?"
	sqlDocumentNamed  = "SELECT " + documentColumns + " FROM documents WHERE kind = ? AND unique_name = ?"
	sqlDocuments      = "SELECT " + documentColumns + " FROM documents WHERE kind = ? AND id > ? ORDER BY id LIMIT ?"
	sqlAddDocument    = "INSERT INTO documents (unique_name, version, body, kind, id) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
	sqlSaveDocument   = "UPDATE OR IGNORE documents SET unique_name = ?, version = ?, body = ? WHERE kind = ? AND id = ? AND version = ?"
	sqlDeleteDocument = "DELETE FROM documents WHERE kind = ? AND id = ?"
	sqlNameOwner      = "SELECT id FROM documents WHERE kind = ? AND unique_name = ?"
)

// Get implements [directory.Store].
func (s *Store) Get(ctx context.Context, kind, id string) (directory.Document, error) {
	return s.document(ctx, sqlDocument, kind, id)
}

// Find implements [directory.Store].
func (s *Store) Find(ctx context.Context, kind, unique string) (directory.Document, error) {
	return s.document(ctx, sqlDocumentNamed, kind, unique)
}

func (s *Store) document(ctx context.Context, sql, kind, name string) (directory.Document, error) {
	list, err := s.documents(ctx, sql, kind, name)
	if err == nil && len(list) == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return directory.Document{}, fmt.Errorf("document of kind %s: %w", kind, err)
	}
	return list[0], nil
}

// List implements [directory.Store].
func (s *Store) List(ctx context.Context, kind, after string, limit int) ([]directory.Document, error) {
	list, err := s.documents(ctx, sqlDocuments, kind, after, int64(pageLimit(limit)))
	if err != nil {
		return nil, fmt.Errorf("documents of kind %s: %w", kind, err)
	}
	return list, nil
}

func (s *Store) documents(ctx context.Context, sql string, args ...any) ([]directory.Document, error) {
	var list []directory.Document
	err := s.read.with(ctx, func(c *conn) error {
		return c.query(sql, func(r row) error {
			list = append(list, directory.Document{
				Kind: r.text(0), ID: r.text(1), Unique: r.text(2), Version: r.number(3), Body: r.bytes(4),
			})
			return nil
		}, args...)
	})
	return list, err
}

// Put implements [directory.Store].
func (s *Store) Put(ctx context.Context, d directory.Document) error {
	var unique any
	if d.Unique != "" {
		unique = d.Unique
	}
	err := s.write.do(ctx, func(t *tx) error {
		sql, args := sqlAddDocument, []any{unique, d.Version, d.Body, d.Kind, d.ID}
		if d.Version != 1 {
			sql, args = sqlSaveDocument, append(args, d.Version-1)
		}
		n, err := t.exec(sql, args...)
		if err != nil || n > 0 {
			return err
		}
		return whyNotPut(t, d)
	})
	if err != nil {
		return fmt.Errorf("put %s %s: %w", d.Kind, d.ID, err)
	}
	return nil
}

// whyNotPut tells a taken name from another version.
func whyNotPut(t *tx, d directory.Document) error {
	why := directory.ErrConflict
	version := int64(0)
	if err := t.query(sqlDocument, func(r row) error {
		version = r.number(3)
		return nil
	}, d.Kind, d.ID); err != nil || version != d.Version-1 {
		return orError(err, why)
	}
	err := t.query(sqlNameOwner, func(r row) error {
		if r.text(0) != d.ID {
			why = directory.ErrTaken
		}
		return nil
	}, d.Kind, d.Unique)
	return orError(err, why)
}

// orError is err, or why if there is none.
func orError(err, why error) error {
	if err != nil {
		return err
	}
	return why
}

// Delete implements [directory.Store].
func (s *Store) Delete(ctx context.Context, kind, id string) error {
	err := s.write.do(ctx, func(t *tx) error {
		n, err := t.exec(sqlDeleteDocument, kind, id)
		if err == nil && n == 0 {
			return directory.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("delete %s %s: %w", kind, id, err)
	}
	return nil
}
