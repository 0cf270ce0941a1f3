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
	if id, ok := field(d, "_id"); !ok {
		d = append(bson.D{{Key: "_id", Value: bson.NewObjectID()}}, d...)
	} else if classOf(id) == classArray {
		return refuse(codeInvalidOptions, "the '_id' value cannot be of type array")
	}
	return c.insert(d)
}

// update changes the first document that matches, or all of them.
func (c *collection) update(q bson.D, change change, many, upsert bool) (o outcome, err error) {
	f, err := newFilter(q)
	if err != nil {
		return outcome{}, err
	}
	for try := 0; ; try++ {
		err := c.each(f, nil, func(x found) (bool, error) {
			before, after, err := c.apply(x.rec, f, change)
			if err != nil || before == nil {
				return true, err
			}
			o.matched++
			if compareDocuments(before, after) != 0 {
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
	if _, ok := field(d, "_id"); !ok {
		d = append(bson.D{{Key: "_id", Value: bson.NewObjectID()}}, d...)
	}
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
func (c *collection) findAndChange(q, sort bson.D, change change) (before, after bson.D, err error) {
	f, err := newFilter(q)
	if err != nil {
		return nil, nil, err
	}
	try := func(rec *record) (bool, error) {
		if change == nil {
			before, err = c.remove(rec, f)
		} else {
			before, after, err = c.apply(rec, f, change)
		}
		return before == nil, err
	}
	cur := c.open(f, sort)
	var list []found
	for more := true; more; {
		var some []found
		some, more = cur.next()
		list = append(list, some...)
		if !cur.plan.sorted && more {
			continue
		}
		if !cur.plan.sorted {
			inOrder(list, sort)
		}
		for _, x := range list {
			if on, err := try(x.rec); err != nil || !on {
				return before, after, err
			}
		}
		list = nil
		giveWay()
	}
	return nil, nil, nil
}
