package memory

import (
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// request is a command on its way.
type request struct {
	*arguments
	database string
}

// namespace is the command's collection.
func (r request) namespace() string { return r.database + "." + r.text(r.of) }

var commands = map[string]func(*Server, request) (bson.D, error){
	"hello": (*Server).hello, "isMaster": (*Server).hello, "ismaster": (*Server).hello,
	"ping":      func(_ *Server, _ request) (bson.D, error) { return nil, nil },
	"buildInfo": (*Server).buildInfo,
	"insert":    (*Server).insert, "update": (*Server).update, "delete": (*Server).remove, "findAndModify": (*Server).findAndModify,
	"find": (*Server).find, "getMore": (*Server).getMore, "killCursors": (*Server).killCursors,
	"aggregate": (*Server).aggregate, "count": (*Server).count,
	"create": (*Server).create, "createIndexes": (*Server).createIndexes, "listIndexes": (*Server).listIndexes,
	"listCollections": (*Server).listCollections, "drop": (*Server).drop, "dropDatabase": (*Server).dropDatabase,
}

// carryOut answers a command.
func (s *Server) carryOut(command bson.D) (reply bson.D) {
	name := command[0].Key
	defer func() {
		if p := recover(); p != nil {
			reply = refusalOf(refuse(codeBadValue, "%s: this server cannot: %v", name, p)).document()
		}
	}()
	carry, known := commands[name]
	if !known {
		return refusalOf(refuse(codeCommandNotFound, "no such command: '%s'", name)).document()
	}
	database, _ := get(command, "$db").(string)
	r := request{&arguments{of: name, d: command}, database}
	reply, err := carry(s, r)
	if err == nil {
		err = r.err
	}
	if err != nil {
		return refusalOf(err).document()
	}
	return append(reply, bson.E{Key: "ok", Value: 1.0})
}

func (s *Server) hello(request) (bson.D, error) {
	return bson.D{
		{Key: "helloOk", Value: true},
		{Key: "ismaster", Value: true},
		{Key: "isWritablePrimary", Value: true},
		{Key: "maxBsonObjectSize", Value: int32(16 << 20)},
		{Key: "maxMessageSizeBytes", Value: int32(maxMessageBytes)},
		{Key: "maxWriteBatchSize", Value: int32(100_000)},
		{Key: "localTime", Value: bson.NewDateTimeFromTime(time.Now())},
		{Key: "minWireVersion", Value: int32(0)},
		{Key: "maxWireVersion", Value: int32(21)},
		{Key: "readOnly", Value: false},
	}, nil
}

func (s *Server) buildInfo(request) (bson.D, error) {
	return bson.D{{Key: "version", Value: "7.0.0"}, {Key: "versionArray", Value: bson.A{int32(7), int32(0), int32(0), int32(0)}}}, nil
}

func (s *Server) insert(r request) (bson.D, error) {
	r.only("insert", "documents", "ordered", "bypassDocumentValidation")
	var n int32
	errs, err := s.bulk(r, "documents", func(c *collection, _ int, d bson.D) error {
		err := c.insertOne(d)
		if err == nil {
			n++
		}
		return err
	})
	return written(bson.D{{Key: "n", Value: n}}, errs), err
}

// bulk carries out the statements of a command one after the other, lets others
// in between them, and answers what went wrong; an ordered one ends there.
func (s *Server) bulk(r request, statements string, do func(c *collection, i int, d bson.D) error) (errs bson.A, err error) {
	ns, list, ordered := r.namespace(), r.parts(statements), r.flag("ordered", true)
	if r.err != nil {
		return nil, r.err
	}
	c := s.catalog.made(ns)
	for i, d := range list {
		if err := do(c, i, d); err != nil {
			errs = append(errs, writeError(i, err))
			if ordered {
				break
			}
		}
		giveWay()
	}
	return errs, nil
}

func written(reply bson.D, errs bson.A) bson.D {
	if len(errs) > 0 {
		reply = append(reply, bson.E{Key: "writeErrors", Value: errs})
	}
	return reply
}

func (s *Server) update(r request) (bson.D, error) {
	r.only("update", "updates", "ordered", "bypassDocumentValidation")
	var matched, modified int32
	var upserted bson.A
	errs, err := s.bulk(r, "updates", func(c *collection, i int, d bson.D) error {
		a := r.part("updates", d)
		a.only("q", "u", "multi", "upsert")
		q, many, upsert := a.document("q"), a.flag("multi", false), a.flag("upsert", false)
		change, err := newChange(get(d, "u"))
		if a.fail(err); a.err != nil {
			return a.err
		}
		o, err := c.update(q, change, many, upsert)
		matched, modified = matched+o.matched, modified+o.modified
		if o.upserted != nil {
			matched++
			upserted = append(upserted, bson.D{{Key: "index", Value: int32(i)}, {Key: "_id", Value: o.upserted}})
		}
		return err
	})
	reply := bson.D{{Key: "n", Value: matched}, {Key: "nModified", Value: modified}}
	if len(upserted) > 0 {
		reply = append(reply, bson.E{Key: "upserted", Value: upserted})
	}
	return written(reply, errs), err
}

func (s *Server) remove(r request) (bson.D, error) {
	r.only("delete", "deletes", "ordered")
	var n int32
	errs, err := s.bulk(r, "deletes", func(c *collection, _ int, d bson.D) error {
		a := r.part("deletes", d)
		a.only("q", "limit")
		q, limit := a.document("q"), a.number("limit", 0)
		if a.err != nil {
			return a.err
		}
		gone, err := c.removeAll(q, limit == 0)
		n += gone
		return err
	})
	return written(bson.D{{Key: "n", Value: n}}, errs), err
}

func (s *Server) findAndModify(r request) (bson.D, error) {
	r.only("findAndModify", "query", "sort", "update", "remove", "new", "fields")
	ns, q, sort := r.namespace(), r.document("query"), r.document("sort")
	project, err := newProjection(r.document("fields"))
	r.fail(err)
	var to change
	if !r.flag("remove", false) {
		to, err = newChange(get(r.d, "update"))
		r.fail(err)
	}
	if r.err != nil {
		return nil, r.err
	}
	done, err := s.catalog.made(ns).findAndChange(q, sort, to)
	if err != nil {
		return nil, err
	}
	last := bson.D{{Key: "n", Value: int32(number(done.before != nil))}, {Key: "updatedExisting", Value: done.after != nil}}
	value := any(nil)
	switch {
	case r.flag("new", false) && done.after != nil:
		value = project(done.after)
	case done.before != nil:
		value = project(done.before)
	}
	return bson.D{{Key: "lastErrorObject", Value: last}, {Key: "value", Value: value}}, nil
}

func (s *Server) create(r request) (bson.D, error) {
	r.only("create")
	s.catalog.made(r.namespace())
	return nil, nil
}

func (s *Server) createIndexes(r request) (bson.D, error) {
	r.only("createIndexes", "indexes")
	c := s.catalog.made(r.namespace())
	for _, d := range r.parts("indexes") {
		a := r.part("indexes", d)
		a.only("v", "key", "name", "unique", "sparse")
		ix, err := newIndex(a.text("name"), a.document("key"), a.flag("unique", false), a.flag("sparse", false))
		a.fail(err)
		if a.err != nil {
			return nil, a.err
		}
		if err := c.build(ix); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (s *Server) listIndexes(r request) (bson.D, error) {
	r.only("listIndexes", "cursor")
	c := s.catalog.there(r.namespace())
	if c == nil {
		return nil, refuse(codeNamespaceNotFound, "ns does not exist: %s", r.namespace())
	}
	list := bson.A{}
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, ix := range c.indexes {
		list = append(list, ix.describe())
	}
	return reading(r.namespace(), 0, "firstBatch", list), nil
}

func (s *Server) listCollections(r request) (bson.D, error) {
	r.only("listCollections", "filter", "nameOnly", "authorizedCollections", "cursor")
	f, err := newFilter(r.document("filter"))
	if err != nil {
		return nil, err
	}
	list := bson.A{}
	for _, name := range s.catalog.names(r.database) {
		d := bson.D{{Key: "name", Value: name}, {Key: "type", Value: "collection"}}
		if f.test(d) {
			list = append(list, d)
		}
	}
	return reading(r.database+".$cmd.listCollections", 0, "firstBatch", list), nil
}

func (s *Server) drop(r request) (bson.D, error) {
	r.only("drop")
	if !s.catalog.drop(r.namespace()) {
		return nil, refuse(codeNamespaceNotFound, "ns not found: %s", r.namespace())
	}
	return nil, nil
}

func (s *Server) dropDatabase(r request) (bson.D, error) {
	r.only("dropDatabase")
	if strings.TrimSpace(r.database) == "" {
		return nil, refuse(codeBadValue, "no database is named")
	}
	s.catalog.dropAll(r.database)
	return nil, nil
}
