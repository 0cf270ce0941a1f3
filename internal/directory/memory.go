package directory

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// Memory is a [Store] that forgets everything when the process ends, for tests
// of what is built on one. The zero value is ready for use.
type Memory struct {
	mu   sync.Mutex
	docs []Document
	// Err, when set, is the answer to everything: a store that is away.
	Err error
}

var _ Store = (*Memory)(nil)

func (m *Memory) find(match func(Document) bool) (int, error) {
	if m.Err != nil {
		return 0, m.Err
	}
	if i := slices.IndexFunc(m.docs, match); i >= 0 {
		return i, nil
	}
	return 0, ErrNotFound
}

func (m *Memory) answer(match func(Document) bool) (Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.find(match)
	if err != nil {
		return Document{}, err
	}
	return m.docs[i], nil
}

// Get answers the document with the id.
func (m *Memory) Get(_ context.Context, kind, id string) (Document, error) {
	return m.answer(func(d Document) bool { return d.Kind == kind && d.ID == id })
}

// Find answers the document with the unique name.
func (m *Memory) Find(_ context.Context, kind, unique string) (Document, error) {
	return m.answer(func(d Document) bool { return d.Kind == kind && d.Unique == unique && unique != "" })
}

// List answers documents in the order of their ids, after the given one.
func (m *Memory) List(_ context.Context, kind, after string, limit int) ([]Document, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Err != nil {
		return nil, m.Err
	}
	var out []Document
	for _, d := range m.docs {
		if d.Kind == kind && d.ID > after {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Document) int { return strings.Compare(a.ID, b.ID) })
	return out[:min(limit, len(out))], nil
}

// Put stores d if the stored version is the one before.
func (m *Memory) Put(_ context.Context, d Document) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Err != nil {
		return m.Err
	}
	at, stored := -1, int64(0)
	for i, other := range m.docs {
		switch {
		case other.Kind != d.Kind:
		case other.ID == d.ID:
			at, stored = i, other.Version
		case d.Unique != "" && other.Unique == d.Unique:
			return ErrTaken
		}
	}
	if stored != d.Version-1 {
		return ErrConflict
	}
	d.Body = slices.Clone(d.Body)
	if at < 0 {
		m.docs = append(m.docs, d)
		return nil
	}
	m.docs[at] = d
	return nil
}

// Delete removes a document.
func (m *Memory) Delete(_ context.Context, kind, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, err := m.find(func(d Document) bool { return d.Kind == kind && d.ID == id })
	if err == nil {
		m.docs = slices.Delete(m.docs, i, i+1)
	}
	return err
}
