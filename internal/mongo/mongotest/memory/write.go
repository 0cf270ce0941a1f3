package memory

import (
	"go.mongodb.org/mongo-driver/v2/bson"
)

// outcome counts what a write did.
type outcome struct {
	matched, modified int32
	upserted          any
}

// insertOne adds a document and names it if it has no name.
func (c *collection) insertOne(d bson.D) error {
	if id, ok := field(d, "_id"); ok && classOf(id) == classArray {
		return refuse(codeInvalidOptions, "the '_id' value cannot be of type array")
	}
	return c.insert(named(d))
}

// named is the document with an _id.
func named(d bson.D) bson.D {
	if _, ok := field(d, "_id"); ok {
		return d
	}
	return append(bson.D{{Key: "_id", Value: bson.NewObjectID()}}, d...)
}

// update changes the first document that matches, or all of them.
func (c *collection) update(q bson.D, change change, many, upsert bool) (o outcome, err error) {
	f, err := newFilter(q)
	if err != nil {
		return outcome{}, err
	}
	for try := 0; ; try++ {
		err := c.each(f, nil, func(x found) (bool, error) {
			done, err := c.apply(x.rec, f, change)
			if err != nil || done.before == nil {
				return true, err
			}
			o.matched++
			if done.changed {
				o.modified++
			}
			return many, nil
		})
		if err != nil || o.matched > 0 || !upsert {
			return o, err
		}
		giveWay()
		made, err := c.make(f, change)
		if err == nil {
			return outcome{upserted: get(made, "_id")}, nil
		}
		// Somebody else made it in between: a real server looks once more.
		if try > 0 || refusalOf(err).code != codeDuplicateKey {
			return outcome{}, err
		}
	}
}

// make inserts what an upsert makes.
func (c *collection) make(f filter, change change) (bson.D, error) {
	d, err := seed(f)
	if err != nil {
		return nil, err
	}
	if d, err = change(d, true); err != nil {
		return nil, err
	}
	d = named(d)
	return d, c.insert(d)
}

// removeAll takes away the first document that matches, or all of them.
func (c *collection) removeAll(q bson.D, many bool) (n int32, err error) {
	f, err := newFilter(q)
	if err != nil {
		return 0, err
	}
	err = c.each(f, nil, func(x found) (bool, error) {
		gone, err := c.remove(x.rec, f)
		if gone == nil {
			return true, err
		}
		n++
		return many, err
	})
	return n, err
}

// findAndChange changes (or removes, without a change) the first document in
// the order that matches, and answers it as it was and as it is.
func (c *collection) findAndChange(q, sort bson.D, change change) (done applied, err error) {
	f, err := newFilter(q)
	if err != nil {
		return applied{}, err
	}
	err = c.each(f, sort, func(x found) (bool, error) {
		var err error
		if change == nil {
			done.before, err = c.remove(x.rec, f)
		} else {
			done, err = c.apply(x.rec, f, change)
		}
		return done.before == nil, err
	})
	return done, err
}
