package memory

import (
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// chunk is how many documents a command goes past, at most, before it lets
// others in.
const chunk = 16

// collection keeps documents. Each of its methods is one step that nobody comes
// between; its callers let others in between steps.
type collection struct {
	mu      sync.RWMutex
	indexes []*index // the first is that of _id
	last    uint64
}

func newCollection() *collection {
	byID, err := newIndex("_id_", bson.D{{Key: "_id", Value: int32(1)}}, true, false)
	if err != nil {
		panic(err)
	}
	return &collection{indexes: []*index{byID}}
}

// giveWay lets other commands in.
func giveWay() {
	if rand.IntN(64) == 0 {
		time.Sleep(20 * time.Microsecond)
		return
	}
	runtime.Gosched()
}

// insert adds a document, which has an _id.
func (c *collection) insert(d bson.D) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	rec := &record{number: c.last, doc: d}
	return c.reindex(rec, nil, d)
}

// reindex moves a record in all indexes, or in none.
func (c *collection) reindex(rec *record, from, to bson.D) error {
	undo := make([]func(), 0, len(c.indexes))
	for _, ix := range c.indexes {
		back, err := ix.move(rec, from, to)
		if err != nil {
			for _, u := range undo {
				u()
			}
			return err
		}
		undo = append(undo, back)
	}
	return nil
}

// applied is a document before and after a change; before is nil when it did
// not match any more.
type applied struct {
	before, after bson.D
	changed       bool
}

// apply changes a record if it still matches.
func (c *collection) apply(rec *record, f filter, change change) (applied, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := rec.doc
	if before == nil || !f.test(before) {
		return applied{}, nil
	}
	after, err := change(before, false)
	if err != nil {
		return applied{}, err
	}
	if reflect.DeepEqual(before, after) {
		return applied{before: before, after: before}, nil
	}
	if err := c.reindex(rec, before, after); err != nil {
		return applied{}, err
	}
	rec.doc = after
	return applied{before, after, true}, nil
}

// remove takes a record away if it still matches.
func (c *collection) remove(rec *record, f filter) (bson.D, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone := rec.doc
	if gone == nil || !f.test(gone) {
		return nil, nil
	}
	if err := c.reindex(rec, gone, nil); err != nil {
		return nil, err
	}
	rec.doc = nil
	return gone, nil
}

// build adds an index over what is there; one that is there already stays.
func (c *collection) build(ix *index) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range c.indexes {
		switch {
		case other.name == ix.name && other.like(ix):
			return nil
		case other.name == ix.name || other.like(ix):
			return refuse(codeIndexConflict, "an index like %s, or of its name, is there already", ix.name)
		}
	}
	var err error
	c.indexes[0].tree.Scan(func(e entry) bool {
		_, err = ix.move(e.rec, nil, e.rec.doc)
		return err == nil
	})
	if err != nil {
		return err
	}
	c.indexes = append(slices.Clip(c.indexes), ix)
	return nil
}

// cursor goes along a plan, a chunk of entries at a time.
type cursor struct {
	c    *collection
	f    filter
	sort bson.D
	plan plan
	span int
	at   *entry // the last one seen
	seen map[*record]bool
}

// found is a record with its document at the time.
type found struct {
	rec *record
	doc bson.D
}

// open begins a look at what matches.
func (c *collection) open(f filter, sort bson.D) *cursor {
	c.mu.RLock()
	defer c.mu.RUnlock()
	cur := &cursor{c: c, f: f, sort: sort, plan: choose(c.indexes, f, sort)}
	if cur.plan.again {
		cur.seen = map[*record]bool{}
	}
	return cur
}

// next answers what comes next in the order asked for, having let others in;
// false at the end. An order that the index does not give takes all at once.
func (cur *cursor) next() (list []found, more bool) {
	for more = true; more; {
		var some []found
		some, more = cur.step()
		list = append(list, some...)
		giveWay()
		if cur.plan.sorted {
			return list, more
		}
	}
	inOrder(list, cur.sort)
	return list, false
}

// step goes past a chunk of entries and answers what matches of them; false at
// the end.
func (cur *cursor) step() ([]found, bool) {
	cur.c.mu.RLock()
	defer cur.c.mu.RUnlock()
	var out []found
	left := 1 + rand.IntN(chunk)
	for left > 0 {
		if cur.span == len(cur.plan.spans) {
			return out, false
		}
		if cur.walk(&out, &left) {
			cur.span++
			cur.at = nil
			left-- // an empty span is a step too
		}
	}
	return out, true
}

// walk goes along the current span; true at its end.
func (cur *cursor) walk(out *[]found, left *int) (ended bool) {
	s := cur.plan.spans[cur.span]
	ix := s.ix
	ended = true
	step := func(e entry) bool {
		if cur.at != nil && !ix.less(*cur.at, e) && !ix.less(e, *cur.at) {
			return true // where it stopped
		}
		past := !ix.less(e, s.to)
		if cur.plan.backwards {
			past = !ix.less(s.from, e)
		}
		if past {
			return false
		}
		if *left == 0 {
			ended = false
			return false
		}
		*left--
		cur.at = &e
		if !cur.seen[e.rec] && cur.f.test(e.rec.doc) {
			*out = append(*out, found{e.rec, e.rec.doc})
			if cur.seen != nil {
				cur.seen[e.rec] = true
			}
		}
		return true
	}
	from := s.from
	if cur.plan.backwards {
		from = s.to
	}
	if cur.at != nil {
		from = *cur.at
	}
	if cur.plan.backwards {
		ix.tree.Descend(from, step)
	} else {
		ix.tree.Ascend(from, step)
	}
	return ended
}

// each calls with what matches, in the order asked for, until it answers false.
func (c *collection) each(f filter, sort bson.D, call func(found) (bool, error)) error {
	cur := c.open(f, sort)
	for more := true; more; {
		var list []found
		list, more = cur.next()
		for _, x := range list {
			on, err := call(x)
			if err != nil || !on {
				return err
			}
		}
	}
	return nil
}
