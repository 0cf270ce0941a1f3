package memory

import (
	"math"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// reading is the answer that hands out documents of a cursor; 0 ends it.
func reading(namespace string, cursor int64, batch string, docs bson.A) bson.D {
	return bson.D{{Key: "cursor", Value: bson.D{{Key: "id", Value: cursor}, {Key: "ns", Value: namespace}, {Key: batch, Value: docs}}}}
}

func (s *Server) find(r request) (bson.D, error) {
	r.only("find", "filter", "sort", "projection", "skip", "limit", "batchSize", "singleBatch")
	q := query{
		filter: r.document("filter"), sort: r.document("sort"), projection: r.document("projection"),
		skip: r.number("skip", 0), limit: r.number("limit", 0),
	}
	ns, size := r.namespace(), r.number("batchSize", firstBatch)
	single := r.flag("singleBatch", false) || q.limit < 0
	if q.limit < 0 {
		q.limit = -q.limit
	}
	if r.err != nil {
		return nil, r.err
	}
	c := s.catalog.there(ns)
	if c == nil {
		c = newCollection()
	}
	found, err := c.run(ns, q)
	if err != nil {
		return nil, err
	}
	docs, ended := found.batch(size)
	return s.hand(found, "firstBatch", docs, ended || single), nil
}

// hand answers a batch of a find, which is kept until it has ended.
func (s *Server) hand(r *results, batch string, docs bson.A, ended bool) bson.D {
	if ended {
		return reading(r.namespace, 0, batch, docs)
	}
	s.cursors.keep(r)
	return reading(r.namespace, r.id, batch, docs)
}

func (s *Server) getMore(r request) (bson.D, error) {
	r.only("getMore", "collection", "batchSize")
	id, _ := whole(get(r.d, "getMore"))
	size := r.number("batchSize", maxBatch)
	if size == 0 {
		size = maxBatch
	}
	found := s.cursors.take(id)
	if found == nil {
		return nil, refuse(codeCursorNotFound, "cursor id %d not found", id)
	}
	docs, ended := found.batch(size)
	return s.hand(found, "nextBatch", docs, ended), nil
}

func (s *Server) killCursors(r request) (bson.D, error) {
	r.only("killCursors", "cursors")
	list, _ := get(r.d, "cursors").(bson.A)
	killed, unknown := bson.A{}, bson.A{}
	for _, v := range list {
		id, _ := whole(v)
		if s.cursors.take(id) != nil {
			killed = append(killed, id)
		} else {
			unknown = append(unknown, id)
		}
	}
	return bson.D{{Key: "cursorsKilled", Value: killed}, {Key: "cursorsNotFound", Value: unknown}}, nil
}

// matching calls with what matches, from skip on and at most limit.
func (s *Server) matching(namespace string, filter bson.D, skip, limit int, call func(bson.D)) error {
	c := s.catalog.there(namespace)
	if c == nil {
		return nil
	}
	f, err := newFilter(filter)
	if err != nil {
		return err
	}
	n := 0
	return c.each(f, nil, func(x found) (bool, error) {
		if n++; n > skip {
			call(x.doc)
		}
		return n < skip+limit, nil
	})
}

func (s *Server) count(r request) (bson.D, error) {
	r.only("count", "query", "skip", "limit")
	var n int32
	err := s.matching(r.namespace(), r.document("query"), r.number("skip", 0), r.number("limit", math.MaxInt32), func(bson.D) { n++ })
	return bson.D{{Key: "n", Value: n}}, err
}
